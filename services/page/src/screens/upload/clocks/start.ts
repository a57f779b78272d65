/** What a file says of its start, and what is asked of a person: the service's own order (`domain/clock/start.py`). */
import type { UploadFacts } from "../../../api/types";

export type Candidate = UploadFacts["start_candidates"][number];

/** What was answered to "which zone is it?": a zone, or that no time is wanted. */
export type ZoneAnswer = { zone: string } | "without a time" | null;

/** Return whether there is a clock, but none that says its zone. */
export function asksForZone(facts: UploadFacts | null): boolean {
  return facts !== null && facts.start_candidates.length > 0 && facts.start_candidates.every((each) => !each.certain);
}

/** Return the reading that the recording will start by; null: it has no clock. */
export function chosenReading(facts: UploadFacts | null): Candidate | null {
  const candidates = facts?.start_candidates ?? [];
  return candidates.find((each) => each.certain) ?? candidates[0] ?? null;
}

/** Return the clock's time as people read it: `2024-05-04 04:30:00`. */
export function shownClock(reading: Candidate): string {
  return reading.local.replace("T", " ").replace(/\.\d+$/, "");
}

const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d/g;

/** An hour that summer time skips or repeats: what the service says of it, and the instants that it may be. */
export interface UnclearHour {
  text: string;
  instants: string[];
}

/** Read the refusal of an hour that summer time skips or repeats; null: it is another one. */
export function readUnclearHour(detail: string): UnclearHour | null {
  const instants = detail.match(INSTANT) ?? [];
  if (instants.length !== 2) return null;
  const text = detail.replace(/^time_zone: /, "").replace(/: it may be .*$/s, "");
  return { text: `${text}.`, instants: [...instants] };
}
