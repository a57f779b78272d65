/** What people said of the events of the lanes: a tick, a cross or a question mark over each. */
import { resolveColor } from "../../../drawing/theme";
import type { TimeScale } from "../../../drawing/time_scale";
import type { Review, Verdict } from "../../../reviews/types";
import { VERDICT_COLORS, VERDICT_SHAPES } from "../../../reviews/verdicts";
import type { SungEvent } from "../model";
import type { Row } from "./draw_bars";

/** Marks that would lie over each other are left out: near, all are seen. */
const MARK_PX = 12;
const paths = new Map<Verdict, Path2D>();

export function drawVerdicts(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  rows: readonly Row[],
  verdicts: ReadonlyMap<SungEvent, Review>,
): void {
  const end_s = scale.start_s + scale.span_s;
  const rowOf = new Map(rows.map((row) => [row.taxon, row]));
  const drawnTo = new Map<number, number>();
  for (const [event, { verdict }] of verdicts) {
    const row = rowOf.get(event.taxon);
    if (row === undefined || event.onset_s > end_s || event.offset_s < scale.start_s) continue;
    const left = Math.round(scale.toX((event.onset_s + event.offset_s) / 2) - MARK_PX / 2);
    if (left < (drawnTo.get(row.taxon) ?? -Infinity)) continue;
    drawnTo.set(row.taxon, left + MARK_PX);
    drawMark(context, verdict, left, row.top + 2);
  }
}

/** On a light ground of its own, to be seen on bars and beside them. */
function drawMark(context: CanvasRenderingContext2D, verdict: Verdict, left: number, top: number): void {
  context.save();
  context.translate(left, top);
  context.fillStyle = resolveColor("paper");
  context.globalAlpha = 0.85;
  context.beginPath();
  context.roundRect(-1, -1, MARK_PX + 2, MARK_PX + 2, 3);
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 2;
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = resolveColor(VERDICT_COLORS[verdict]);
  context.stroke(shapeOf(verdict));
  context.restore();
}

function shapeOf(verdict: Verdict): Path2D {
  const known = paths.get(verdict);
  if (known !== undefined) return known;
  const path = new Path2D(VERDICT_SHAPES[verdict]);
  paths.set(verdict, path);
  return path;
}
