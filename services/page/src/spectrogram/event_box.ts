/** Where an event is in a picture, and what it is. */
import type { Size } from "../drawing/Plot";
import { resolveColor } from "../drawing/theme";
import type { TimeScale } from "../drawing/time_scale";

interface Stretch {
  onset_s: number;
  offset_s: number;
}

const CAP = 4;
const LEAST_WIDTH = 2;
const LABEL_FONT = "600 12px system-ui, sans-serif";
const LABEL_HEIGHT = 18;

/** Two lines and a bar above, on light edges: to be seen on dark and light pictures alike. */
export function outline(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  event: Stretch,
  color: string,
  line: number,
): void {
  const left = Math.round(scale.toX(event.onset_s));
  const width = Math.max(Math.round(scale.toX(event.offset_s)) - left, LEAST_WIDTH);
  context.fillStyle = resolveColor("paper");
  context.globalAlpha = 0.7;
  context.fillRect(left - 1, 0, width + 2, CAP + 1);
  if (width > 3 * line) {
    context.fillRect(left - 1, 0, line + 2, size.height);
    context.fillRect(left + width - line - 1, 0, line + 2, size.height);
  }
  context.globalAlpha = 1;
  context.fillStyle = resolveColor(color);
  context.fillRect(left, 0, width, CAP);
  if (width <= 3 * line) return;
  context.fillRect(left, 0, line, size.height);
  context.fillRect(left + width - line, 0, line, size.height);
}

/** Write what an event is into the picture, where it hides the least: at the top, within the plot. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  event: Stretch,
  text: string,
): void {
  context.font = LABEL_FONT;
  const width = context.measureText(text).width + 12;
  const x = Math.round(Math.min(Math.max(scale.toX(event.onset_s), 0), Math.max(0, size.width - width)));
  context.fillStyle = resolveColor("selection");
  context.beginPath();
  context.roundRect(x, 0, width, LABEL_HEIGHT, [0, 0, 4, 0]);
  context.fill();
  context.fillStyle = resolveColor("accent-ink");
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 6, LABEL_HEIGHT / 2 + 0.5);
}
