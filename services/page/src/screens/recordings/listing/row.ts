import { batch, computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";

import type { Analysis, Recording } from "../../../api/types";
import { chooseAnalyses, withAnalysis, type Spoken } from "./counted";
import { usualPack } from "../states/packs";

/** A recording in the list. What changes each second, its analyses, is apart from what hardly changes, its facts. */
export class Row {
  readonly id: string;
  readonly facts: Signal<Recording>;
  private readonly analyses: Signal<readonly Analysis[]>;
  private readonly spoken: ReadonlySignal<Spoken>;
  readonly active: ReadonlySignal<Analysis | null>;
  readonly counted: ReadonlySignal<Analysis | null>;
  readonly without: ReadonlySignal<Analysis | null>;

  constructor(recording: Recording) {
    this.id = recording.id;
    this.facts = signal(recording);
    this.analyses = signal(recording.analyses);
    this.spoken = computed(() => chooseAnalyses(this.analyses.value, usualPack.value));
    this.active = computed(() => this.spoken.value.active);
    this.counted = computed(() => this.spoken.value.counted);
    this.without = computed(() => this.spoken.value.without);
  }

  /** The recording as it is now, with its analyses as they are now. */
  get recording(): Recording {
    return { ...this.facts.peek(), analyses: [...this.analyses.peek()] };
  }

  replace(recording: Recording): void {
    batch(() => {
      this.facts.value = recording;
      this.analyses.value = recording.analyses;
    });
  }

  /** Change what was corrected; its analyses stay as they are. */
  correct(fields: Partial<Recording>): void {
    this.facts.value = { ...this.facts.peek(), ...fields };
  }

  update(analysis: Analysis): Analysis {
    this.analyses.value = withAnalysis(this.analyses.peek(), analysis);
    return analysis;
  }
}
