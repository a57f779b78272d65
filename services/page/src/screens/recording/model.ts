/** What the parts of the recording's view share: each reads and writes these signals, none knows another part. */
import { computed, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";

import type { Analysis, Recording, Spectrogram } from "../../api/types";
import { ReviewList } from "../../reviews/review_list";
import type { Review } from "../../reviews/types";
import type { Lanes } from "./lanes";

/** An event as the threshold cuts it. */
export interface SungEvent {
  /** Index in `lanes.taxa`. */
  taxon: number;
  onset_s: number;
  offset_s: number;
  /** The highest score in it, between 0 and 1. */
  confidence: number;
}

/** The shortest stretch that is shown, in seconds. */
export const LEAST_SPAN_S = 0.5;

export class RecordingModel {
  readonly recording: Signal<Recording>;
  /** The analysis that is looked at; null: there is none. */
  readonly analysis: Signal<Analysis | null>;
  /** One that has finished meanwhile and would be looked at otherwise; null: there is none. */
  readonly newer = signal<Analysis | null>(null);
  /** Levels and contrast of the pictures; null: not loaded, or the audio is gone (`recording.audio_removed_at`). */
  readonly spectrogram = signal<Spectrogram | null>(null);
  /** Window scores of the whole recording; null: not loaded. */
  readonly lanes = signal<Lanes | null>(null);
  /** Framewise scores of a stretch around what is shown, where the pack has frames and the stretch is short enough. */
  readonly frames = signal<Lanes | null>(null);
  /** All events at the threshold, ordered by onset; null: not cut yet. */
  readonly events = signal<readonly SungEvent[] | null>(null);
  /** What people said of the recording. */
  readonly reviews: ReviewList;
  /** Of the events those that show a review, and which. */
  readonly verdicts: ReadonlySignal<ReadonlyMap<SungEvent, Review>>;
  /** The event that is looked at. */
  readonly selected = signal<SungEvent | null>(null);
  /** The taxon whose lane has the focus, as index in `lanes.taxa`. */
  readonly taxon = signal<number | null>(null);
  /** The threshold of the slider; null: each taxon's own, as the pack has it. */
  readonly threshold = signal<number | null>(null);
  /** Where the visible stretch begins, and how long it is, in seconds. */
  readonly start_s = signal(0);
  readonly span_s: Signal<number>;
  /** Lowest and highest frequency of the spectrogram that are shown; null: all. */
  readonly band_hz = signal<readonly [number, number] | null>(null);
  /** From which level sounds are seen, and from which they are strongest, as set by hand; null: as measured. */
  readonly contrast_db = signal<readonly [number, number] | null>(null);
  /** Where the sound is played, or would be, in seconds: one line through all pictures. */
  readonly cursor_s = signal<number | null>(null);
  /** Where the pointer is. */
  readonly pointer_s = signal<number | null>(null);
  /** The channel that is shown and heard, from 1; null: what the analysis scored. */
  readonly channel = signal<number | null>(null);
  readonly duration_s: ReadonlySignal<number>;

  constructor(recording: Recording, analysis: Analysis | null = recording.analyses[0] ?? null) {
    this.recording = signal(recording);
    this.analysis = signal(analysis);
    this.span_s = signal(recording.duration_s);
    this.duration_s = computed(() => this.recording.value.duration_s);
    this.reviews = new ReviewList(recording.id);
    this.verdicts = computed(() => this.findVerdicts());
  }

  /** Show a stretch, kept within the recording. */
  show(start_s: number, span_s: number): void {
    const all = this.duration_s.value;
    const span = Math.min(all, Math.max(Math.min(LEAST_SPAN_S, all), span_s));
    this.span_s.value = span;
    this.start_s.value = Math.min(Math.max(0, start_s), all - span);
  }

  /** Zoom by a factor (below 1: nearer) and keep the time at `around_s` where it is. */
  zoom(factor: number, around_s = this.middle_s()): void {
    const span = Math.min(this.duration_s.value, Math.max(LEAST_SPAN_S, this.span_s.value * factor));
    const share = (around_s - this.start_s.value) / this.span_s.value;
    this.show(around_s - share * span, span);
  }

  /** The time that stays where it is when keys zoom: the cursor's, or the middle where that is not to be seen. */
  private middle_s(): number {
    const [start, span, cursor] = [this.start_s.value, this.span_s.value, this.cursor_s.value];
    return cursor !== null && cursor >= start && cursor <= start + span ? cursor : start + span / 2;
  }

  /** Move the visible stretch by the least that makes this stretch visible; longer ones by their start. */
  reveal(onset_s: number, offset_s: number): void {
    const [start, span] = [this.start_s.value, this.span_s.value];
    const margin = Math.min(2, span / 10);
    if (onset_s - margin < start || offset_s - onset_s > span) this.show(onset_s - margin, span);
    else if (offset_s + margin > start + span) this.show(offset_s + margin - span, span);
  }

  /** Return the review that an event shows; null: nobody said anything of it. */
  reviewOf(event: SungEvent): Review | null {
    const name = this.lanes.value?.taxa[event.taxon]?.scientific_name;
    return name === undefined ? null : this.reviews.find(name, event.onset_s, event.offset_s);
  }

  private findVerdicts(): ReadonlyMap<SungEvent, Review> {
    const found = new Map<SungEvent, Review>();
    const taxa = this.lanes.value?.taxa ?? [];
    const isReviewed = taxa.map((taxon) => this.reviews.has(taxon.scientific_name));
    for (const event of this.events.value ?? []) {
      const review = isReviewed[event.taxon] === true ? this.reviewOf(event) : null;
      if (review !== null) found.set(event, review);
    }
    return found;
  }

  select(event: SungEvent | null): void {
    this.selected.value = event;
    if (event === null) return;
    this.taxon.value = event.taxon;
    this.cursor_s.value = event.onset_s;
    this.reveal(event.onset_s, event.offset_s);
  }
}

const ModelContext = createContext<RecordingModel | null>(null);
export const ProvideModel = ModelContext.Provider;

/** The model of the recording that is shown; only inside of `RecordingScreen`. */
export function useModel(): RecordingModel {
  const model = useContext(ModelContext);
  if (model === null) throw new Error("there is no recording here");
  return model;
}
