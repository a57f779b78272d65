import type { Size } from "./Plot";
import { resolveColor } from "./theme";
import { sharp, type TimeScale } from "./time_scale";

export interface Marked {
  /** Where the sound is played, or would be. */
  cursor_s: number | null;
  /** Where the pointer is. */
  pointer_s: number | null;
}

/** Draw the line where the sound is, and the fainter one where the pointer is, from top to bottom. */
export function drawCursor(context: CanvasRenderingContext2D, size: Size, scale: TimeScale, marked: Marked): void {
  drawLine(context, size, scale, marked.pointer_s, "ink-soft", 1);
  drawLine(context, size, scale, marked.cursor_s, "cursor", 2);
}

function drawLine(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  time_s: number | null,
  color: string,
  width: number,
): void {
  if (time_s === null) return;
  const x = scale.toX(time_s);
  if (x < -1 || x > size.width + 1) return;
  context.fillStyle = resolveColor(color);
  context.fillRect(sharp(Math.min(x, size.width - 1)) - 0.5, 0, width, size.height);
}
