/** What is seen and heard of an event: it, and what is around it. */
import type { Stretch } from "../../../sound/clips";
import type { QueuedEvent } from "../types";

const AROUND_S = 2;

/** Return the event with two seconds before and after it, within its recording. */
export function stretchOf({ onset_s, offset_s, duration_s }: QueuedEvent): Stretch {
  return { start_s: Math.max(0, onset_s - AROUND_S), end_s: Math.min(duration_s, offset_s + AROUND_S) };
}
