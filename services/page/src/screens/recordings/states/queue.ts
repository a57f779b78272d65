/** What waits, and whether anybody is there to analyze it (`GET /v1/queue`). */
import { computed, effect, signal } from "@preact/signals";

import { fetchJson } from "../../../api/client";
import { Problem } from "../../../api/problems";
import type { RecordingList } from "../listing/recording_list";

export interface Queue {
  /** null: it is not known, older workers do not say that they are there. */
  workers: number | null;
  waiting: { analyses: number; segments: number };
  running: { analyses: number; segments: number };
  ahead: { analysis_id: string; analyses: number }[];
}

const MOST_ASKED = 100;

/** null: not asked, or nothing waits. */
export const queue = signal<Queue | null>(null);
const ahead = computed(() => new Map(queue.value?.ahead.map((each) => [each.analysis_id, each.analyses])));

/** Return how many analyses come before this one; null: it is not known. */
export function aheadOf(analysisId: string): number | null {
  return ahead.value.get(analysisId) ?? null;
}

/** Whether something waits and nobody is there. */
export const isUnattended = computed(() => queue.value?.workers === 0 && countUnfinished(queue.value) > 0);

/** Return how many analyses are not finished. */
export function countUnfinished({ waiting, running }: Queue): number {
  return waiting.analyses + running.analyses;
}

/** Ask what is before these analyses; nothing is asked where none waits. */
export async function loadQueue(analysisIds: readonly string[]): Promise<void> {
  const query = new URLSearchParams(analysisIds.slice(0, MOST_ASKED).map((each) => ["analysis_id", each]));
  queue.value = await fetchJson<Queue>(`/v1/queue?${query.toString()}`);
}

const ASK_EVERY_MS = 10_000;

/** Keep asking while something in the list waits; returns how to stop. */
export function followQueue(list: RecordingList): () => void {
  const waiting = computed(() =>
    list.shown.value.map((each) => each.active.value).filter((each) => each !== null && each.state === "queued"),
  );
  const isAnyActive = computed(() => list.shown.value.some((each) => each.active.value !== null));
  const ask = () => {
    const ids = waiting.peek().map((each) => each?.id ?? "");
    loadQueue(ids).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error; // asked again before long
    });
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = effect(() => {
    clearInterval(timer);
    if (!isAnyActive.value) {
      queue.value = null;
      return;
    }
    ask();
    timer = setInterval(ask, ASK_EVERY_MS);
  });
  return () => {
    stop();
    clearInterval(timer);
  };
}
