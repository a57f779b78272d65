/** The events of the lane that has the focus, and the one that is selected. */
import { resolveColor } from "../../../drawing/theme";
import type { TimeScale } from "../../../drawing/time_scale";
import type { SungEvent } from "../model";
import type { Row } from "./draw_bars";

/** Events narrower than this are joined to one line over the lane. */
const OUTLINED_PX = 4;

/** Outline the events of a lane; far away, where they would hide the bars, as a line over them. */
export function outlineEvents(
  context: CanvasRenderingContext2D,
  scale: TimeScale,
  row: Row,
  events: readonly SungEvent[],
): void {
  context.strokeStyle = context.fillStyle = resolveColor("selection");
  context.lineWidth = 1;
  let drawnTo = -Infinity;
  for (const event of events) {
    if (event.onset_s > scale.start_s + scale.span_s) break;
    if (event.taxon !== row.taxon || event.offset_s < scale.start_s) continue;
    const [left, right] = [Math.round(scale.toX(event.onset_s)), Math.round(scale.toX(event.offset_s))];
    if (right - left >= OUTLINED_PX) {
      context.strokeRect(left + 0.5, row.top + 1.5, right - left - 1, row.height - 3);
    } else {
      const from = Math.max(left, drawnTo);
      const to = Math.max(right, left + 1);
      if (to > from) context.fillRect(from, row.top + 1, to - from, 2);
      drawnTo = Math.max(drawnTo, to);
    }
  }
}

/** Mark the selected event by a thick outline and a triangle that points to it. */
export function markSelected(context: CanvasRenderingContext2D, scale: TimeScale, row: Row, event: SungEvent): void {
  const left = scale.toX(event.onset_s);
  const right = Math.max(scale.toX(event.offset_s), left + 3);
  if (right < 0 || left > scale.width) return;
  context.strokeStyle = context.fillStyle = resolveColor("selection");
  context.lineWidth = 2;
  context.strokeRect(Math.round(left), row.top + 2, Math.round(right - left), row.height - 4);
  const middle = (Math.max(left, 0) + Math.min(right, scale.width)) / 2;
  context.beginPath();
  context.moveTo(middle - 5, row.top);
  context.lineTo(middle + 5, row.top);
  context.lineTo(middle, row.top + 6);
  context.fill();
}
