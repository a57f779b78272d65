/** One taxon's events from its scores: exactly `detect_events` of `domain/detections.py`. */
import { roundPosition } from "./positions";
import { thresholdStep, type Rule } from "./rule";

/** The grid that scores lie on: that of a header of lanes. */
export interface Grid {
  /** The first window or frame; number i covers [i·step_s, (i + 1)·step_s). */
  first: number;
  /** How many there are. */
  n: number;
  step_s: number;
  /** Where the recording ends: no event reaches beyond. */
  end_s: number;
  /** First and number of those that were scored without a break: no event spans two runs. */
  runs: readonly (readonly [number, number])[];
}

export interface CutEvent {
  onset_s: number;
  offset_s: number;
  /** The highest step in it. */
  peak: number;
}

/** The product's tolerance where a length is compared with another, in seconds. */
const TOLERANCE_S = 1e-9;

/** Return the events of one lane in time order; `scores` are its n steps. */
export function cutLane(scores: Uint16Array, grid: Grid, rule: Rule): CutEvent[] {
  const onset = thresholdStep(rule.onset_threshold);
  const offset = thresholdStep(rule.offset_threshold);
  const found: CutEvent[] = [];
  for (const [first, n] of grid.runs) {
    const run = scores.subarray(first - grid.first, first - grid.first + n);
    const events = findEvents(run, onset, offset, first, grid);
    for (const event of joinEvents(events, rule.min_gap_s)) {
      if (event.offset_s - event.onset_s >= rule.min_event_s - TOLERANCE_S) found.push(event);
    }
  }
  return found;
}

/** By hysteresis: one begins at the first step that reaches the onset, and ends before the first below the offset. */
function findEvents(run: Uint16Array, onset: number, offset: number, first: number, grid: Grid): CutEvent[] {
  const events: CutEvent[] = [];
  let begin = 0;
  while (begin < run.length) {
    if ((run[begin] ?? 0) < onset) {
      begin += 1;
      continue;
    }
    let [end, peak] = [begin + 1, run[begin] ?? 0];
    for (; end < run.length; end += 1) {
      const step = run[end] ?? 0;
      if (step < offset) break;
      if (step > peak) peak = step;
    }
    const onset_s = roundPosition(first + begin, grid.step_s);
    const offset_s = Math.min(roundPosition(first + end, grid.step_s), grid.end_s);
    if (offset_s <= onset_s) return events; // behind the end of the recording
    events.push({ onset_s, offset_s, peak });
    begin = end;
  }
  return events;
}

/** Join those that are closer than the gap; between them the steps are lower than their peaks. */
function joinEvents(events: readonly CutEvent[], min_gap_s: number): CutEvent[] {
  const joined: CutEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (last === undefined || event.onset_s - last.offset_s >= min_gap_s - TOLERANCE_S) joined.push({ ...event });
    else {
      last.offset_s = event.offset_s;
      last.peak = Math.max(last.peak, event.peak);
    }
  }
  return joined;
}
