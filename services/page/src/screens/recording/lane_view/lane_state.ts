/** What the lanes' list, canvas and controls share. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";

import { hidesVoices } from "../../../app/preferences";
import { lightStretches, type LightStretch } from "../../../time/twilight";
import { isHumanVoice } from "../human_voices";
import type { Lanes } from "../lanes";
import type { RecordingModel } from "../model";
import { gapsOf, type Gap } from "./gaps";
import { orderTaxa, type Order } from "./order";
import { eventToOpen } from "./pick";

const coarse = window.matchMedia("(pointer: coarse)");
const isTouch = signal(coarse.matches);
coarse.addEventListener("change", () => (isTouch.value = coarse.matches));

export class LaneState {
  readonly order = signal<Order>("peak");
  /** Words that the names of the shown lanes have. */
  readonly words = signal("");
  /** Whether only the lane that has the focus is shown. */
  readonly isAlone = signal(false);
  /** How far the lanes are scrolled, and how much of them is seen, in pixels. */
  readonly top_px = signal(0);
  readonly seen_px = signal(0);
  /** The place in `shown` that the pointer is at; null: none. */
  readonly pointed = signal<number | null>(null);
  /** The taxa that are shown, from top to bottom, as indexes in `lanes.taxa`. */
  readonly shown: ReadonlySignal<readonly number[]>;
  readonly gaps: ReadonlySignal<readonly Gap[]>;
  /** Day, twilight and night; empty where place or start are not known. */
  readonly light: ReadonlySignal<readonly LightStretch[]>;
  readonly row_px = computed(() => (isTouch.value ? 32 : 24));

  constructor(readonly model: RecordingModel) {
    this.shown = computed(() => {
      const [lanes, taxon] = [model.lanes.value, model.taxon.value];
      if (lanes === null) return [];
      if (this.isAlone.value && taxon !== null) return [taxon];
      const order = this.order.value;
      const all = orderTaxa(lanes, order, this.words.value, order === "first" ? model.threshold.value : null);
      return hidesVoices.value ? all.filter((each) => !isVoice(lanes, each)) : all;
    });
    this.gaps = computed(() => (model.lanes.value === null ? [] : gapsOf(model.lanes.value)));
    this.light = computed(() => {
      const { recorded_at, latitude, longitude, duration_s } = model.recording.value;
      if (recorded_at === null || latitude === null || longitude === null) return [];
      return lightStretches(recorded_at, duration_s, { latitude, longitude });
    });
  }

  /** Give the focus to the lane that many further down; the first or last one where there are no more. */
  move(by: number): void {
    const shown = this.shown.peek();
    const at = shown.indexOf(this.model.taxon.peek() ?? -1);
    const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), shown.length - 1);
    this.model.taxon.value = shown[next] ?? this.model.taxon.peek();
  }

  /** Select the best event of the lane that has the focus; again: the one after it. */
  open(): void {
    const { model } = this;
    const taxon = model.taxon.peek();
    const event = taxon === null ? null : eventToOpen(model.events.peek() ?? [], taxon, model.selected.peek());
    if (event !== null) model.select(event);
  }
}

function isVoice(lanes: Lanes, taxon: number): boolean {
  const found = lanes.taxa[taxon];
  return found !== undefined && isHumanVoice(found);
}
