import { computed, signal } from "@preact/signals";

import type { RecordingList } from "../listing/recording_list";
import type { Row } from "../listing/row";

/** Which of the shown recordings are selected; what is shown no more is not selected either. */
export class Selection {
  private readonly ids = signal<ReadonlySet<string>>(new Set());
  private anchor: string | null = null;
  readonly rows = computed(() => this.list.shown.value.filter((each) => this.ids.value.has(each.id)));

  constructor(private readonly list: RecordingList) {}

  has(id: string): boolean {
    return this.ids.value.has(id);
  }

  /** Select one or not; with `isRange` all from the one that was chosen before to this one. */
  choose(id: string, isChosen: boolean, isRange: boolean): void {
    const chosen = new Set(this.ids.peek());
    for (const each of isRange ? this.between(this.anchor, id) : [id]) {
      if (isChosen) chosen.add(each);
      else chosen.delete(each);
    }
    this.anchor = id;
    this.ids.value = chosen;
  }

  chooseAll(rows: readonly Row[]): void {
    this.ids.value = new Set(rows.map((each) => each.id));
  }

  clear(): void {
    this.ids.value = new Set();
    this.anchor = null;
  }

  private between(one: string | null, other: string): string[] {
    const ids = this.list.shown.peek().map((each) => each.id);
    const [from, to] = [one === null ? -1 : ids.indexOf(one), ids.indexOf(other)];
    return from < 0 ? [other] : ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  }
}
