/** The progress, and what was decided, in words. */
import { timeMode } from "../../../app/preferences";
import { sayVerdict } from "../../../reviews/verdicts";
import { formatDay, formatPosition, localTime } from "../../../time/clock";
import { sayLeft } from "../taxa/taxa";
import type { QueuedEvent } from "../types";
import type { ReviewLoop, Said } from "./review_loop";

function number(count: number): string {
  return count.toLocaleString("en");
}

/** Return `12 reviewed, 88 left`; "" where it is not known. */
export function sayProgress(loop: ReviewLoop): string {
  const counted = loop.counted.value;
  if (counted === null) return "";
  const reviewed = `${counted.reviewed_is_exact ? "" : "at least "}${number(counted.reviewed + loop.decided.value)}`;
  const left = sayLeft({ left: Math.max(0, counted.left - loop.decided.value), left_is: counted.left_is });
  return `${reviewed} reviewed, ${left} left`;
}

/** Return the share that is reviewed, from 0 to 1. */
export function shareReviewed(loop: ReviewLoop): number {
  const counted = loop.counted.value;
  if (counted === null) return 0;
  const all = counted.left + counted.reviewed;
  return all === 0 ? 0 : Math.min(1, (counted.reviewed + loop.decided.value) / all);
}

/** Return when an event is heard: `04:31:07`, or `1:07` from the start of its recording. */
export function sayTime(event: QueuedEvent, decimals = 0): string {
  const clock = timeMode.value === "clock" ? localTime(event.started_at, 0, decimals) : null;
  return clock?.time ?? formatPosition(event.onset_s, decimals);
}

/** Return the day of an event on its recorder's clock; null where that is not known. */
export function sayDay(event: QueuedEvent): string | null {
  const clock = localTime(event.started_at);
  return clock === null ? null : formatDay(clock.date);
}

export function nameOf({ common_name, scientific_name }: { common_name: string; scientific_name: string }): string {
  return common_name === "" ? scientific_name : common_name;
}

/** Return what is read aloud of an event: `European Robin, 04:31:07, 0.94`. */
export function sayEvent(event: QueuedEvent): string {
  return `${nameOf(event)}, ${sayTime(event)}, ${event.confidence.toFixed(2)}`;
}

/** Return `Confirmed: European Robin, 04:31:07`. */
export function sayDone(event: QueuedEvent, said: Said | null): string {
  const what =
    said === null ? "Skipped" : sayVerdict({ verdict: said.verdict, corrected_taxon: said.corrected_taxon ?? null });
  return said?.corrected_taxon === undefined
    ? `${what}: ${nameOf(event)}, ${sayTime(event)}`
    : `${what}, not ${nameOf(event)}, ${sayTime(event)}`;
}
