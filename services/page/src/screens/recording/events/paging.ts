/** Which page of the table is shown: the one with the selected event, until somebody turns to another. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";

import type { RecordingModel, SungEvent } from "../model";
import { PAGE_ROWS } from "./table_rows";

export class Paging {
  private readonly wanted = signal(0);
  /** Whether the page goes where the selected event goes. */
  private isWithSelected = true;
  private selected: SungEvent | null = null;
  /** Of the selected event: lanes change their places. */
  private code: string | undefined;
  /** From 0; newer lanes and another threshold leave it as it is, as long as there are so many. */
  readonly page: ReadonlySignal<number>;

  constructor(
    private readonly model: RecordingModel,
    private readonly rows: ReadonlySignal<readonly SungEvent[]>,
  ) {
    this.page = computed(() =>
      Math.min(this.wanted.value, Math.max(0, Math.ceil(this.rows.value.length / PAGE_ROWS) - 1)),
    );
  }

  turn(by: 1 | -1): void {
    this.isWithSelected = false;
    this.wanted.value = this.page.peek() + by;
  }

  /** Other rows, or in another order: begin at the selected event, or at the first. */
  restart(): void {
    this.isWithSelected = true;
    this.wanted.value = 0;
    this.show(this.selected);
  }

  /** Follow what is selected until the returned function is called. */
  follow(): () => void {
    return effect(() => {
      const selected = this.model.selected.value;
      const code = this.model.lanes.value?.taxa[selected?.taxon ?? -1]?.code;
      if (!this.isStill(selected, code)) this.isWithSelected = true;
      this.selected = selected;
      this.code = code;
      this.show(selected);
    });
  }

  /** Whether it is the event that was selected before, as another cut or newer lanes have it. */
  private isStill(selected: SungEvent | null, code: string | undefined): boolean {
    if (selected === null || this.selected === null) return selected === this.selected;
    const overlaps = selected.onset_s < this.selected.offset_s && this.selected.onset_s < selected.offset_s;
    return overlaps && code === this.code;
  }

  private show(selected: SungEvent | null): void {
    const at = selected === null ? -1 : this.rows.value.indexOf(selected);
    if (this.isWithSelected && at >= 0) this.wanted.value = Math.floor(at / PAGE_ROWS);
  }
}
