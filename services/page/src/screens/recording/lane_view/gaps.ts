/** Where nothing can be seen though something may have sung: what is lost, and what is not analyzed yet. */
import type { Lanes } from "../lanes";

export interface Gap {
  start_s: number;
  end_s: number;
  /** Why it is lost; null: it is not analyzed yet. */
  reason: string | null;
}

/** Return all gaps in time order; the lost ones, and what neither a run nor a lost stretch covers. */
export function gapsOf(lanes: Lanes): Gap[] {
  const { step_s, end_s } = lanes;
  const known = [
    ...lanes.runs.map(([first, n]) => ({ start_s: first * step_s, end_s: (first + n) * step_s })),
    ...lanes.lost.map((each) => ({ start_s: each.start_s, end_s: each.end_s })),
  ].sort((one, other) => one.start_s - other.start_s);
  const gaps: Gap[] = lanes.lost.map(({ start_s, end_s, reason }) => ({ start_s, end_s, reason }));
  let covered_s = 0;
  for (const stretch of [...known, { start_s: end_s, end_s }]) {
    // Windows reach over the ends of segments: less than one of them between two runs is no gap.
    if (stretch.start_s - covered_s > step_s) gaps.push({ start_s: covered_s, end_s: stretch.start_s, reason: null });
    covered_s = Math.max(covered_s, stretch.end_s);
  }
  return gaps.sort((one, other) => one.start_s - other.start_s);
}

/** Return the gap at a time, a lost one before others; null: there is none. */
export function gapAt(gaps: readonly Gap[], time_s: number): Gap | null {
  const found = gaps.filter((gap) => gap.start_s <= time_s && time_s < gap.end_s);
  return found.find((gap) => gap.reason !== null) ?? found[0] ?? null;
}
