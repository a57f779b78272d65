/** What the reviews of a taxon tell: asked for again whenever something more was saved. */
import { effect, signal, untracked } from "@preact/signals";

import { fetchJson } from "../../../api/client";
import { asProblem, type Problem } from "../../../api/problems";
import { unsent } from "../../../reviews/outbox";
import { precisionUrl, type Asked } from "../asked";
import type { Kept, Precision } from "../types";

/** Whoever decides quickly is not disturbed by each answer. */
const SETTLED_MS = 700;

export class Trust {
  /** null: on its way. */
  readonly precision = signal<Precision | null>(null);
  readonly problem = signal<Problem | null>(null);
  private abort = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly asked: Asked) {}

  /** Load it, and again when all that was decided is saved, until the returned function is called. */
  follow(): () => void {
    let isFirst = true;
    const stop = effect(() => {
      const isSaved = unsent.value === 0;
      if (isSaved) untracked(() => this.loadAfter(isFirst ? 0 : SETTLED_MS));
      isFirst = false;
    });
    return () => {
      stop();
      clearTimeout(this.timer);
      this.abort.abort();
    };
  }

  loadAfter(wait_ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), wait_ms);
  }

  private async load(): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal: stopped } = this.abort;
    try {
      const found = await fetchJson<Precision>(precisionUrl(this.asked), { signal: stopped });
      if (!stopped.aborted) [this.precision.value, this.problem.value] = [found, null];
    } catch (error) {
      if (!stopped.aborted) this.problem.value = asProblem(error);
    }
  }
}

/** A threshold of whole hundredths that has the wanted precision: rounded up, and what it leaves. */
export function suggestionOf({ threshold, curve }: Precision): Kept | null {
  if (threshold === null) return null;
  const rounded = Math.min(0.99, Math.ceil(threshold.threshold * 100 - 1e-9) / 100);
  const point = curve.find(({ confidence }) => Math.abs(confidence - rounded) < 1e-6);
  return point === undefined ? threshold.kept : { ...point.kept, threshold: rounded };
}
