/**
 * Keeps the model's events those of its threshold: cut here where all scores are here. Of a long recording whose pack
 * has frames only the service has them, so it lists the events.
 */
import { batch, computed, effect, signal, type ReadonlySignal } from "@preact/signals";

import { request, withQuery } from "../../../api/client";
import { Problem } from "../../../api/problems";
import { hidesVoices } from "../../../app/preferences";
import type { CutEvents } from "../../../cut/cut";
import { Cutter } from "../../../cut/cutter";
import { isHumanVoice } from "../human_voices";
import { coversStretch, decodeLanes, hasSameTaxa, MOST_FRAMES_S, type Lanes } from "../lanes";
import type { RecordingModel, SungEvent } from "../model";
import { sameEvent } from "./event_order";

/** Until the slider rests: the service is asked once. */
const REST_MS = 250;
const RETRY_MS = 3000;
/** Times in links have three decimals. */
const LINK_PRECISION_S = 0.002;

/** What events are cut from: scores that are here; "service": only it has them; null: not known or not here yet. */
type Source = Lanes | "service" | null;

export class Cutting {
  /** Whether the events are not yet those of the threshold. */
  readonly isUnderWay = signal(true);
  /** Why they cannot be had. */
  readonly problem = signal<Problem | null>(null);
  /** A threshold that was asked for and is under the floor. */
  readonly refused = signal<number | null>(null);
  readonly source: ReadonlySignal<Source>;
  /** The lowest score of which the analysis kept any. */
  readonly floor: ReadonlySignal<number>;
  private readonly hasFrames = signal<boolean | null>(null);
  private readonly cut = signal<readonly SungEvent[] | null>(null);
  private readonly cutter: Cutter;
  private held: Lanes | null = null;
  private abort = new AbortController();
  private timer = 0;
  private isClosed = false;
  private isFirst = true;
  private framesOf: string | null = null;
  private readonly stops: (() => void)[];

  constructor(private readonly model: RecordingModel) {
    this.cutter = new Cutter(
      (events) => this.take(events),
      (error) => this.fail(error),
    );
    this.floor = computed(() => model.analysis.value?.settings.floor ?? 0);
    this.source = computed(() => this.findSource());
    this.stops = [effect(() => this.learnFrames()), effect(() => this.follow()), effect(() => this.show())];
  }

  close(): void {
    this.isClosed = true;
    for (const stop of this.stops) stop();
    this.rest();
    this.cutter.close();
  }

  private findSource(): Source {
    const { lanes, frames, duration_s } = this.model;
    if (lanes.value === null) return null;
    if (lanes.value.n === 0 || this.hasFrames.value === false) return lanes.value;
    if (this.hasFrames.value === null) return null;
    if (duration_s.value > MOST_FRAMES_S) return "service";
    const held = frames.value;
    const isWhole = held !== null && coversStretch(held, 0, duration_s.value) && hasSameTaxa(held, lanes.value);
    return isWhole ? held : null;
  }

  /** Ask once for each analysis whether its pack has frames: if so, windows are not what events are cut from. */
  private learnFrames(): void {
    const [analysis, lanes] = [this.model.analysis.value, this.model.lanes.value];
    if (analysis?.id !== this.framesOf) this.hasFrames.value = null;
    this.framesOf = analysis?.id ?? null;
    const isLearned = this.hasFrames.peek() !== null;
    if (analysis === null || lanes === null || lanes.n === 0 || isLearned || this.isClosed) return;
    const part = { frames: true, from_s: 0, to_s: 1, taxon: lanes.taxa[0]?.code };
    request(withQuery(`/v1/analyses/${analysis.id}/lanes`, part))
      .then(async (answer) => {
        const { kind } = decodeLanes(await answer.arrayBuffer());
        if (this.framesOf === analysis.id) this.hasFrames.value = kind === "frames";
      })
      .catch((error: unknown) => {
        this.fail(error);
        setTimeout(() => this.learnFrames(), RETRY_MS);
      });
  }

  private follow(): void {
    const [source, threshold, floor] = [this.source.value, this.model.threshold.value, this.floor.value];
    this.rest();
    if (threshold !== null && threshold < floor) {
      this.refuse(threshold);
      return;
    }
    this.isUnderWay.value = true;
    if (threshold !== null) this.refused.value = null;
    if (source === null) this.cut.value = null;
    else if (source === "service") this.listSoon(threshold);
    else this.cutHere(source, threshold);
  }

  private listSoon(threshold: number | null): void {
    // While the analysis runs there are newer lanes now and then: list again.
    const codes = this.model.lanes.value?.taxa.map(({ code }) => code) ?? [];
    this.timer = window.setTimeout(() => void this.list(threshold, codes), REST_MS);
  }

  private cutHere(scores: Lanes, threshold: number | null): void {
    if (scores !== this.held) this.cutter.hold(scores);
    this.held = scores;
    this.cutter.cut(threshold);
  }

  /** Under the floor no scores were kept: each taxon's own threshold stands in, and the slider says so. */
  private refuse(threshold: number): void {
    this.refused.value = threshold;
    this.model.threshold.value = null;
  }

  private async list(threshold: number | null, codes: readonly string[]): Promise<void> {
    const analysis = this.model.analysis.peek();
    if (analysis === null) return;
    this.abort = new AbortController();
    const stopped = this.abort.signal;
    const path = withQuery(`/v1/analyses/${analysis.id}/detections`, { onset_threshold: threshold, format: "json" });
    try {
      const bytes = await (await request(path, { signal: stopped })).arrayBuffer();
      if (!stopped.aborted) this.cutter.read(bytes, codes);
    } catch (error) {
      if (!stopped.aborted) this.fail(error, () => void this.list(threshold, codes));
    }
  }

  /** Stop what was begun for another threshold or other scores. */
  private rest(): void {
    clearTimeout(this.timer);
    this.abort.abort();
    this.cutter.drop();
  }

  private take({ taxon, onset_s, offset_s, confidence }: CutEvents): void {
    batch(() => {
      this.isUnderWay.value = false;
      this.problem.value = null;
      this.cut.value = Array.from(taxon, (each, at) => ({
        taxon: each,
        onset_s: onset_s[at] ?? 0,
        offset_s: offset_s[at] ?? 0,
        confidence: confidence[at] ?? 0,
      }));
    });
  }

  /** Tell the model, without what is to be hidden; what was selected stays so as the event that it has become. */
  private show(): void {
    const [cut, taxa] = [this.cut.value, this.model.lanes.peek()?.taxa ?? []];
    const hides = hidesVoices.value;
    const isShown = ({ taxon }: SungEvent) => taxa[taxon] !== undefined && !isHumanVoice(taxa[taxon]);
    const events = hides && cut !== null ? cut.filter(isShown) : cut;
    batch(() => {
      this.model.events.value = events;
      if (events === null) return;
      const selected = this.model.selected.peek() ?? this.linkedMoment();
      const same = selected === null ? null : sameEvent(events, selected);
      if (same !== null) this.model.selected.value = same;
      this.isFirst = false;
    });
  }

  /** A link leads to a moment of a taxon: the event there is selected once there are events. */
  private linkedMoment(): SungEvent | null {
    const [taxon, onset_s] = [this.model.taxon.peek(), this.model.cursor_s.peek()];
    if (!this.isFirst || taxon === null || onset_s === null) return null;
    return { taxon, onset_s, offset_s: onset_s + LINK_PRECISION_S, confidence: 0 };
  }

  /** Say why, and try again where that helps. */
  private fail(error: unknown, again?: () => void): void {
    const problem = error instanceof Problem ? error : new Problem("broken", 0, String(error));
    this.isUnderWay.value = false;
    this.problem.value = problem;
    if (again === undefined || (!problem.isUnreachable && problem.retryAfterS === null)) return;
    this.timer = window.setTimeout(again, (problem.retryAfterS ?? 0) * 1000 || RETRY_MS);
  }
}
