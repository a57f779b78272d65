/** The thresholds that were saved for a taxon: used, removed, and each taken back. */
import { signal } from "@preact/signals";

import { fetchJson, request, withQuery } from "../../../api/client";
import { asProblem, type Problem } from "../../../api/problems";
import { session } from "../../../api/session";
import { complain, notify } from "../../../app/notices";
import { reviewer } from "../../../reviews/reviewer";
import { formatScore } from "../../recording/events/threshold_words";
import type { SavedThreshold, Threshold } from "../types";

const PATH = "/v1/thresholds";
type Wanted = Pick<Threshold, "taxon" | "site" | "pack" | "threshold" | "note">;

export class Thresholds {
  /** null: on its way. */
  readonly saved = signal<readonly Threshold[] | null>(null);
  readonly problem = signal<Problem | null>(null);

  constructor(
    private readonly taxon: string,
    private readonly pack: string | undefined,
  ) {}

  async load(): Promise<void> {
    try {
      const path = withQuery(PATH, { taxon: this.taxon, pack: this.pack });
      this.saved.value = (await fetchJson<{ items: Threshold[] }>(path)).items;
      this.problem.value = null;
    } catch (error) {
      this.problem.value = asProblem(error);
    }
  }

  /** Save one; it can be taken back for five seconds. Throws `Problem`. */
  async use(wanted: Wanted): Promise<void> {
    const { replaced } = await this.put(wanted);
    await this.load();
    const undo = replaced === null ? () => this.delete(wanted) : () => this.put(replaced);
    notify(`${formatScore(wanted.threshold)} is used ${where(wanted.site)}`, () => this.takeBack(undo));
  }

  /** Remove one; it can be taken back for five seconds. Throws `Problem`. */
  async remove(threshold: Threshold): Promise<void> {
    await this.delete(threshold);
    await this.load();
    notify(`${formatScore(threshold.threshold)} is no longer used ${where(threshold.site)}`, () =>
      this.takeBack(() => this.put(threshold)),
    );
  }

  private takeBack(undo: () => Promise<unknown>): void {
    undo()
      .then(() => this.load())
      .catch(complain);
  }

  private put({ taxon, site, pack, threshold, note }: Wanted): Promise<SavedThreshold> {
    const signed = session.peek()?.name == null && reviewer.peek() !== "" ? { reviewer: reviewer.peek() } : {};
    return fetchJson(PATH, { method: "PUT", json: { taxon, site, pack, threshold, note, ...signed } });
  }

  private async delete({ taxon, site, pack }: Wanted): Promise<void> {
    await request(withQuery(PATH, { taxon, site, pack }), { method: "DELETE" });
  }
}

export function where(site: string | null): string {
  return site === null ? "everywhere" : `at ${site}`;
}
