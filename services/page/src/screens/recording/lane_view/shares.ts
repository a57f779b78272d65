/** What a lane shows in each pixel: which share of its windows reaches the threshold, or the highest score. */
import type { TimeScale } from "../../../drawing/time_scale";
import { STEPS, type Lanes } from "../lanes";

/** The steps (windows or frames) that begin in each pixel of a plot. */
export interface Columns {
  /** Where the first column begins, in pixels; each is one pixel wide. */
  x: number;
  /** Column k holds the steps [begins[k], begins[k + 1]) of a row. */
  begins: Int32Array;
}

/** Return the columns of a plot; they keep to a grid of their own, so that nothing flickers while one pans. */
export function columnsOf({ first, n, step_s }: Lanes, scale: TimeScale): Columns {
  const column_s = scale.span_s / scale.width;
  const leading = Math.floor(scale.start_s / column_s);
  const begins = new Int32Array(Math.ceil(scale.width) + 2);
  for (let at = 0; at < begins.length; at++) {
    const index = Math.ceil(((leading + at) * column_s) / step_s - 1e-9) - first;
    begins[at] = Math.min(Math.max(index, 0), n);
  }
  return { x: scale.toX(leading * column_s), begins };
}

/** The least step that reaches a threshold, as the service compares. */
export function leastStep(threshold: number): number {
  return Math.max(1, Math.ceil(threshold * STEPS));
}

const counted = new WeakMap<Lanes, Int32Array>();

/** Return how many steps before each one were analyzed: within a run and not lost; (n + 1) of them. */
export function analyzedBefore(lanes: Lanes): Int32Array {
  const known = counted.get(lanes);
  if (known !== undefined) return known;
  const { first, n, step_s } = lanes;
  const before = new Int32Array(n + 1);
  for (const [start, length] of lanes.runs) before.fill(1, start - first + 1, start - first + length + 1);
  for (const { start_s, end_s } of lanes.lost) {
    const [from, to] = [Math.ceil(start_s / step_s - 1e-6) - first, Math.floor(end_s / step_s + 1e-6) - first];
    if (to > 0 && from < n) before.fill(0, Math.max(from, 0) + 1, Math.min(to, n) + 1);
  }
  for (let at = 1; at <= n; at++) before[at] = (before[at] ?? 0) + (before[at - 1] ?? 0);
  counted.set(lanes, before);
  return before;
}

/** Return how many steps of [from, to) of a taxon's row reach the least step. */
export function countReaching(lanes: Lanes, taxon: number, from: number, to: number, least: number): number {
  const { scores, n } = lanes;
  let count = 0;
  for (let at = taxon * n + from; at < taxon * n + to; at++) if ((scores[at] ?? 0) >= least) count++;
  return count;
}

/** Return the highest step of [from, to) of a taxon's row. */
export function highestStep(lanes: Lanes, taxon: number, from: number, to: number): number {
  const { scores, n } = lanes;
  let highest = 0;
  for (let at = taxon * n + from; at < taxon * n + to; at++) highest = Math.max(highest, scores[at] ?? 0);
  return highest;
}

/** Return for each column the share of its analyzed windows that reach the least step; 0 where none was analyzed. */
export function sharesOf(lanes: Lanes, columns: Columns, taxon: number, least: number): Float32Array {
  const { begins } = columns;
  const before = analyzedBefore(lanes);
  const shares = new Float32Array(begins.length - 1);
  for (let at = 0; at < shares.length; at++) {
    const [from, to] = [begins[at] ?? 0, begins[at + 1] ?? 0];
    const analyzed = (before[to] ?? 0) - (before[from] ?? 0);
    if (analyzed > 0) shares[at] = countReaching(lanes, taxon, from, to, least) / analyzed;
  }
  return shares;
}

/** Return for each column the highest score in it, between 0 and 1. */
export function maximaOf(lanes: Lanes, columns: Columns, taxon: number): Float32Array {
  const { begins } = columns;
  const maxima = new Float32Array(begins.length - 1);
  for (let at = 0; at < maxima.length; at++) {
    maxima[at] = highestStep(lanes, taxon, begins[at] ?? 0, begins[at + 1] ?? 0) / STEPS;
  }
  return maxima;
}

/** Return the first step of each taxon that reaches its threshold, -1 where none does. */
export function firstReaching(lanes: Lanes, threshold: number | null): Int32Array {
  const { scores, n } = lanes;
  return Int32Array.from(lanes.taxa, ({ rule }, taxon) => {
    const least = leastStep(threshold ?? rule.onset_threshold);
    for (let at = 0; at < n; at++) if ((scores[taxon * n + at] ?? 0) >= least) return at;
    return -1;
  });
}
