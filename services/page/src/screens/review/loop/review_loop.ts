/** One event after the other: what is decided, what was skipped, what comes next, and the way back. */
import { computed, signal } from "@preact/signals";

import { fetchJson } from "../../../api/client";
import { asProblem, type Problem } from "../../../api/problems";
import { isUnsent, onReviewChange, unansweredOf } from "../../../reviews/changes";
import { decide, type Decided } from "../../../reviews/decide";
import { sharedMs } from "../../../reviews/review_of";
import type { Decision, Review, Strategy, Verdict } from "../../../reviews/types";
import { isWithinDays, queueUrl, USUAL_STRATEGY, type Asked } from "../asked";
import type { QueuedEvent, QueuePage } from "../types";

export interface Said {
  verdict: Verdict;
  corrected_taxon?: string;
  note?: string;
}

/** How much there is, as the service counted it when it was asked first. */
type Counted = Pick<QueuePage, "left" | "left_is" | "reviewed" | "reviewed_is_exact">;

interface Step {
  event: QueuedEvent;
  /** null: it was skipped. */
  decided: Decided | null;
}

/** What it needs of the outside; tests give their own. */
export interface Ports {
  fetchPage: (path: string, abort: AbortSignal) => Promise<QueuePage>;
  decide: (decision: Decision) => Decided;
}

const PORTS: Ports = {
  fetchPage: (path, signal) => fetchJson<QueuePage>(path, { signal }),
  decide,
};
/** With fewer than these to come, more are fetched. */
const ENOUGH = 6;
/** So many of those that come next are made ready to be seen and heard. */
const AHEAD = 2;

export class ReviewLoop {
  /** Those to come, the one that is looked at first. */
  readonly pending = signal<readonly QueuedEvent[]>([]);
  readonly skipped = signal<readonly QueuedEvent[]>([]);
  readonly current = computed(() => this.pending.value[0] ?? null);
  readonly ahead = computed(() => this.pending.value.slice(1, 1 + AHEAD));
  /** What was looked at last. */
  readonly latest = signal<QueuedEvent | null>(null);
  /** null: not known yet. */
  readonly counted = signal<Counted | null>(null);
  /** How many were decided here. */
  readonly decided = signal(0);
  /** Why no more come. */
  readonly problem = signal<Problem | null>(null);
  /** Decides the order; null: it is not known yet, or none does. */
  readonly seed = signal<number | null>(null);
  readonly isLoading = signal(false);
  readonly canUndo = signal(false);
  /** Nothing comes any more. */
  readonly isOver = computed(
    () => this.current.value === null && !this.isLoading.value && this.problem.value === null && this.isAll.value,
  );
  private readonly isAll = signal(false);
  private cursor: string | null = null;
  private steps: Step[] = [];
  /** Saved while events are fetched: the service may have looked for those before. */
  private savedMeanwhile: Review[] = [];
  private readonly abort = new AbortController();

  constructor(
    readonly asked: Asked,
    private readonly ports: Ports = PORTS,
  ) {}

  /** Fetch events and follow what becomes of what is decided, until the returned function is called. */
  start(): () => void {
    const stop = onReviewChange((change) => {
      if (change.kind === "drop") this.takeRefused(change.id);
      else if (!isUnsent(change.review)) this.savedMeanwhile.push(change.review);
    });
    void this.fetchMore();
    return () => {
      stop();
      this.abort.abort();
    };
  }

  readonly retry = (): void => {
    this.problem.value = null;
    void this.fetchMore();
  };

  /** Say what the event that is looked at is; the next one is looked at at once. */
  decide(said: Said): Decided | null {
    const event = this.current.peek();
    if (event === null) return null;
    const { recording_id, scientific_name, common_name, onset_s, offset_s } = event;
    const strategy = (this.asked.strategy ?? USUAL_STRATEGY) as Strategy;
    const about = { recording_id, scientific_name, common_name, onset_s, offset_s, strategy };
    const decided = this.ports.decide({ ...about, ...said });
    this.decided.value += 1;
    this.goOn({ event, decided });
    return decided;
  }

  skip(): void {
    const event = this.current.peek();
    if (event === null) return;
    this.skipped.value = [...this.skipped.peek(), event];
    this.goOn({ event, decided: null });
  }

  /** Take back the last step and look at its event again; returns it, null where there is none. */
  undo(): Step | null {
    const step = this.steps.pop();
    this.canUndo.value = this.steps.length > 0;
    if (step === undefined) return null;
    if (step.decided === null) this.skipped.value = this.skipped.peek().filter((each) => each !== step.event);
    else {
      this.decided.value -= 1;
      step.decided.undo();
    }
    this.pending.value = [step.event, ...this.pending.peek().filter((each) => each !== step.event)];
    return step;
  }

  /** Look at what was skipped. */
  lookAgain(): void {
    this.pending.value = [...this.pending.peek(), ...this.skipped.peek()];
    this.skipped.value = [];
  }

  private goOn(step: Step): void {
    this.steps.push(step);
    this.canUndo.value = true;
    this.latest.value = step.event;
    this.pending.value = this.pending.peek().slice(1);
    void this.fetchMore();
  }

  /** The service does not take what was decided, and the page says why: the event is as if it were skipped. */
  private takeRefused(id: string): void {
    const refused = this.steps.find(({ decided }) => decided?.review.id === id);
    if (refused === undefined) return;
    this.steps = this.steps.filter((each) => each !== refused);
    this.canUndo.value = this.steps.length > 0;
    this.decided.value -= 1;
    this.skipped.value = [...this.skipped.peek(), refused.event];
  }

  private async fetchMore(): Promise<void> {
    if (this.isLoading.peek()) return;
    this.isLoading.value = true;
    try {
      while (!this.isAll.peek() && this.pending.peek().length < ENOUGH) {
        this.savedMeanwhile = [];
        const page = await this.ports.fetchPage(queueUrl(this.askedNow(), this.cursor), this.abort.signal);
        if (this.abort.signal.aborted) return;
        this.take(page);
      }
      this.problem.value = null;
    } catch (error) {
      if (!this.abort.signal.aborted) this.problem.value = asProblem(error);
    } finally {
      this.isLoading.value = false;
    }
  }

  /** Another page is one of the same order. */
  private askedNow(): Asked {
    return this.seed.peek() === null ? this.asked : { ...this.asked, seed: String(this.seed.peek()) };
  }

  private take(page: QueuePage): void {
    this.cursor = page.next;
    this.isAll.value = page.next === null;
    this.seed.value = page.seed;
    this.counted.value ??= page;
    const known = new Set([...this.pending.peek(), ...this.steps.map(({ event }) => event)].map(keyOf));
    const added = page.items.filter(
      (each) => isWithinDays(each, this.asked) && !known.has(keyOf(each)) && !isDecided(each, this.savedMeanwhile),
    );
    this.pending.value = [...this.pending.peek(), ...added];
  }
}

/** Events have no id that lasts: the stretch is what is reviewed. */
export function keyOf({ recording_id, onset_s, offset_s }: QueuedEvent): string {
  return `${recording_id} ${onset_s} ${offset_s}`;
}

/** Whether it was decided a moment ago: the service does not know yet, or did not when it was asked. */
function isDecided({ recording_id, scientific_name, ...at }: QueuedEvent, saved: readonly Review[]): boolean {
  const said = [...unansweredOf(recording_id), ...saved.filter((each) => each.recording_id === recording_id)];
  return said.some((review) => review.scientific_name === scientific_name && sharedMs(review, at) > 0);
}
