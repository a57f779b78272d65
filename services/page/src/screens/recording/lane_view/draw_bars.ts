/** The bars of one lane: their height is the share of windows over the threshold, or, near, the score itself. */
import { resolveColor } from "../../../drawing/theme";
import type { TimeScale } from "../../../drawing/time_scale";
import { coversStretch, STEPS, type Lanes } from "../lanes";
import { columnsOf, leastStep, maximaOf, sharesOf, type Columns } from "./shares";

/** Empty pixels above and below the bars of a lane. */
export const MARGIN_PX = 3;
/** What there is must be seen: the least height of a bar. */
const LEAST_PX = 2;
/** Scores lower than this are no bar: they would draw a line under every lane. */
const FAINTEST_PX = 1.5;

/** How lanes are drawn over a stretch. */
export type Detail =
  | { kind: "shares"; lanes: Lanes; columns: Columns }
  | { kind: "maxima"; lanes: Lanes; columns: Columns }
  | { kind: "scores"; lanes: Lanes };

/** Of fewer windows than this in a pixel a share would be all or nothing: their highest score says more. */
const SHARED_WINDOWS = 3;

/** Return shares where many windows lie in a pixel; else the scores of frames, where they are there, or of windows. */
export function chooseDetail(lanes: Lanes, frames: Lanes | null, scale: TimeScale): Detail {
  const pixel_s = scale.span_s / scale.width;
  if (lanes.step_s * SHARED_WINDOWS <= pixel_s) return { kind: "shares", lanes, columns: columnsOf(lanes, scale) };
  const covered = frames !== null && coversStretch(frames, scale.start_s, scale.start_s + scale.span_s);
  const near = covered ? frames : lanes;
  if (near.step_s <= pixel_s) return { kind: "maxima", lanes: near, columns: columnsOf(near, scale) };
  return { kind: "scores", lanes: near };
}

export interface Row {
  taxon: number;
  /** Of the threshold, between 0 and 1. */
  threshold: number;
  top: number;
  height: number;
}

export function drawBars(context: CanvasRenderingContext2D, detail: Detail, scale: TimeScale, row: Row): void {
  if (detail.kind === "shares") {
    const shares = sharesOf(detail.lanes, detail.columns, row.taxon, leastStep(row.threshold));
    context.fillStyle = resolveColor("lane-on");
    drawColumns(context, detail.columns.x, shares, row, 0);
    return;
  }
  drawThreshold(context, scale.width, row);
  if (detail.kind === "scores") drawScores(context, detail.lanes, scale, row);
  else {
    const maxima = maximaOf(detail.lanes, detail.columns, row.taxon);
    const least = leastStep(row.threshold) / STEPS - 1e-7;
    context.fillStyle = resolveColor("lane");
    drawColumns(context, detail.columns.x, maxima, row, FAINTEST_PX / (row.height - 2 * MARGIN_PX), least);
    context.fillStyle = resolveColor("lane-on");
    drawColumns(context, detail.columns.x, maxima, row, least);
  }
}

/** Draw those values that are above 0, at least `from`, and below `to`; neighbors of one height as one rectangle. */
function drawColumns(
  context: CanvasRenderingContext2D,
  x: number,
  values: Float32Array,
  { top, height }: Row,
  from: number,
  to = Infinity,
): void {
  const full = height - 2 * MARGIN_PX;
  const bottom = top + height - MARGIN_PX;
  let begin = 0;
  let before = 0;
  for (let at = 0; at <= values.length; at++) {
    const value = values[at] ?? 0;
    const isShown = value > 0 && value >= from && value < to;
    const tall = isShown ? Math.max(LEAST_PX, Math.round(value * full * 2) / 2) : 0;
    if (tall === before) continue;
    if (before > 0) context.fillRect(Math.round(x) + begin, bottom - before, at - begin, before);
    [begin, before] = [at, tall];
  }
}

function drawThreshold(context: CanvasRenderingContext2D, width: number, { top, height, threshold }: Row): void {
  const y = Math.round(top + height - MARGIN_PX - threshold * (height - 2 * MARGIN_PX));
  context.fillStyle = resolveColor("control-line");
  context.globalAlpha = 0.7;
  for (let x = 0; x < width; x += 8) context.fillRect(x, y, 3, 1);
  context.globalAlpha = 1;
}

function drawScores(context: CanvasRenderingContext2D, lanes: Lanes, scale: TimeScale, row: Row): void {
  const { first, n, step_s, scores } = lanes;
  const full = row.height - 2 * MARGIN_PX;
  const bottom = row.top + row.height - MARGIN_PX;
  const from = Math.max(0, Math.floor(scale.start_s / step_s) - first);
  const to = Math.min(n, Math.ceil((scale.start_s + scale.span_s) / step_s) - first);
  const least = leastStep(row.threshold);
  const [on, off] = [resolveColor("lane-on"), resolveColor("lane")];
  for (let at = from; at < to; at++) {
    const step = scores[row.taxon * n + at] ?? 0;
    const tall = (step / STEPS) * full;
    if (tall < FAINTEST_PX) continue;
    const left = Math.round(scale.toX((first + at) * step_s));
    const right = Math.round(scale.toX((first + at + 1) * step_s));
    context.fillStyle = step >= least ? on : off;
    // A gap between bars that are wide enough shows that each is a score of its own.
    context.fillRect(left, bottom - tall, Math.max(1, right - left - (right - left > 6 ? 1 : 0)), tall);
  }
}
