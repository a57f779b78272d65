/** A recording as it is now: fetched once the stream of changes is open, then kept up to date by it. */
import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { fetchJson } from "../../api/client";
import { begun, listen } from "../../api/events";
import { asProblem, type Problem } from "../../api/problems";
import type { Analysis, Recording } from "../../api/types";

export interface Loaded {
  /** null: not there yet, or not at all. */
  recording: ReadonlySignal<Recording | null>;
  /** Why it is not there. */
  problem: ReadonlySignal<Problem | null>;
  /** Somebody deleted it while it was looked at. */
  isDeleted: ReadonlySignal<boolean>;
  reload: () => void;
  /** Take an analysis as an answer told it, before the stream does. */
  merge: (analysis: Analysis) => void;
}

const AGAIN_MS = 3000;

/** Load a recording and follow what becomes of it, while the component is shown. */
export function useRecording(id: string): Loaded {
  const loading = useMemo(() => new Loading(id), [id]);
  useEffect(() => loading.start(), [loading]);
  return loading;
}

export class Loading implements Loaded {
  readonly recording: Signal<Recording | null> = signal(null);
  readonly problem: Signal<Problem | null> = signal(null);
  readonly isDeleted = signal(false);
  private timer = 0;
  private asked = new AbortController();
  /** What was told since the recording was asked for: the answer may be older. */
  private told: Analysis[] = [];

  constructor(private readonly id: string) {}

  start(): () => void {
    const stop = listen({
      recording: (recording) => recording.id === this.id && this.take(recording),
      progress: (analysis) => this.merge(analysis),
      finished: (analysis) => this.merge(analysis),
      deleted: (gone) => gone === this.id && (this.isDeleted.value = true),
      opened: this.reload,
    });
    const { signal } = this.asked;
    void begun().then(() => signal.aborted || this.reload());
    return () => {
      window.clearTimeout(this.timer);
      this.asked.abort();
      stop();
    };
  }

  readonly reload = (): void => {
    window.clearTimeout(this.timer);
    this.asked.abort();
    this.asked = new AbortController();
    this.told = [];
    const { signal } = this.asked;
    fetchJson<Recording>(`/v1/recordings/${encodeURIComponent(this.id)}`, { signal }).then(
      (recording) => signal.aborted || this.takeAnswer(recording),
      (error: unknown) => signal.aborted || this.fail(error),
    );
  };

  private takeAnswer(recording: Recording): void {
    this.take(recording);
    for (const each of this.told) this.merge(each);
  }

  /** An answer that is still on its way is older than what is told. */
  private take(recording: Recording): void {
    this.asked.abort();
    this.recording.value = recording;
    this.problem.value = null;
  }

  private fail(error: unknown): void {
    const problem = asProblem(error);
    if (problem.status === 404 && this.recording.value !== null) this.isDeleted.value = true;
    this.problem.value = problem;
    const again_s = problem.retryAfterS ?? (problem.isUnreachable ? AGAIN_MS / 1000 : null);
    if (again_s !== null) this.timer = window.setTimeout(this.reload, again_s * 1000);
  }

  readonly merge = (analysis: Analysis): void => {
    if (analysis.recording_id !== this.id) return;
    if (!this.asked.signal.aborted) this.told.push(analysis);
    const recording = this.recording.value;
    if (recording === null) return;
    const others = recording.analyses.filter((each) => each.id !== analysis.id);
    this.recording.value = { ...recording, analyses: [...others, analysis] };
  };
}
