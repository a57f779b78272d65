/** Draws the axis of time that stands above pictures and lanes. */
import { resolveColor } from "./theme";
import { sharp, type TimeScale } from "./time_scale";
import { timeTicks, type Tick } from "./time_ticks";

export const AXIS_HEIGHT = 26;
const FONT = "12px system-ui, sans-serif";

/** Draw the times of a stretch; `start` is the recording's on its own clock, null for positions. */
export function drawTimeAxis(context: CanvasRenderingContext2D, scale: TimeScale, start: string | null): void {
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const measure = (text: string) => context.measureText(text).width;
  for (const tick of timeTicks(scale, start, measure)) drawTick(context, tick);
}

function drawTick(context: CanvasRenderingContext2D, { x, label, isDay }: Tick): void {
  const length = label === "" ? 4 : 7;
  context.fillStyle = resolveColor(isDay ? "ink" : "control-line");
  context.fillRect(sharp(x) - 0.5, AXIS_HEIGHT - length, 1, length);
  if (label === "") return;
  context.fillStyle = resolveColor(isDay ? "ink" : "ink-soft");
  context.font = isDay ? `600 ${FONT}` : FONT;
  context.fillText(label, x, AXIS_HEIGHT - 11);
}
