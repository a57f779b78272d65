/** What is before an analysis, and whether anybody is there to do it (`GET /v1/queue`). */
import { useSignal, type ReadonlySignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson, withQuery } from "../../../api/client";

export interface Queue {
  /** null: not known. */
  workers: number | null;
  ahead: { analysis_id: string; analyses: number }[];
}

const AGAIN_MS = 3000;

/** Ask now and again while the component is shown. null: not known; then nothing is said, for the header tells why. */
export function useQueue(analysisId: string): ReadonlySignal<Queue | null> {
  const queue = useSignal<Queue | null>(null);
  useEffect(() => {
    let timer = 0;
    const abort = new AbortController();
    const ask = async () => {
      try {
        queue.value = await fetchJson<Queue>(withQuery("/v1/queue", { analysis_id: analysisId }), {
          signal: abort.signal,
        });
      } catch {
        queue.value = null;
      }
      if (!abort.signal.aborted) timer = window.setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      abort.abort();
      window.clearTimeout(timer);
    };
  }, [analysisId]);
  return queue;
}

/** Return in words why an analysis has not begun. */
export function describeWaiting(queue: Queue | null, analysisId: string): string {
  if (queue === null) return "Waiting for its turn.";
  if (queue.workers === 0) return NO_WORKER;
  const ahead = queue.ahead.find((each) => each.analysis_id === analysisId)?.analyses ?? 0;
  if (ahead === 0) return "Next in line.";
  return ahead === 1 ? "Waiting behind 1 other recording." : `Waiting behind ${ahead} other recordings.`;
}

export const NO_WORKER =
  "No worker is running, so nothing is analyzed. Whoever runs this service must start one; then it goes on by itself.";
