/** Deletes recordings, but not at once: until the notice has gone or the page is left, all can be had back. */
import { request } from "../../../api/client";
import { askForEach } from "../../../api/each";
import { complain, dismiss, notify, SHOWN_MS } from "../../../app/notices";
import type { RecordingList } from "../listing/recording_list";
import { countOf } from "../words";

interface Leaving {
  ids: string[];
  notice: number;
  timer: ReturnType<typeof setTimeout>;
}

export class Removal {
  private readonly leaving = new Set<Leaving>();
  /** Ids of those whose deletion was not asked for yet. */
  private readonly unsent = new Set<string>();

  constructor(private readonly list: RecordingList) {}

  /** Show these recordings no more, and delete them in five seconds. */
  begin(chosen: readonly string[]): void {
    const ids = chosen.filter((each) => !this.unsent.has(each));
    if (ids.length === 0) return;
    this.list.hide(ids);
    for (const each of ids) this.unsent.add(each);
    const leaving: Leaving = {
      ids,
      notice: notify(`${countOf(ids.length, "recording")} deleted.`, () => this.takeBack(leaving)),
      timer: setTimeout(() => void this.end(leaving), SHOWN_MS),
    };
    this.leaving.add(leaving);
  }

  /** The list is left: delete what waits, all at once, for the page may be left next. Resolves when it is done. */
  async endAll(): Promise<void> {
    await Promise.all([...this.leaving].map((each) => this.end(each, each.ids.length)));
  }

  /** The page is left: ask for all at once, there is no time for one after the other; the requests outlive the page. */
  endAtOnce(): void {
    for (const each of [...this.unsent]) void this.remove(each).catch(() => undefined);
  }

  private takeBack(leaving: Leaving): void {
    if (!this.leaving.delete(leaving)) return;
    clearTimeout(leaving.timer);
    for (const each of leaving.ids) this.unsent.delete(each);
    this.list.unhide(leaving.ids);
  }

  private async end(leaving: Leaving, atOnce?: number): Promise<void> {
    if (!this.leaving.delete(leaving)) return;
    clearTimeout(leaving.timer);
    dismiss(leaving.notice);
    const { refused } = await askForEach(leaving.ids, (id) => this.remove(id), atOnce);
    // 404: another tab was faster.
    const kept = refused.filter(({ problem }) => problem.status !== 404);
    if (kept.length === 0) return;
    this.list.unhide(kept.map(({ item }) => item));
    complain(new Error(`${countOf(kept.length, "recording")} not deleted. ${kept[0]?.problem.detail ?? ""}`));
  }

  private remove(id: string): Promise<Response> {
    this.unsent.delete(id);
    return request(`/v1/recordings/${id}`, { method: "DELETE", keepalive: true });
  }
}
