/** What lies behind the bars: night and twilight, and where nothing can be seen. */
import { drawHatch } from "../../../drawing/hatch";
import type { Size } from "../../../drawing/Plot";
import { resolveColor } from "../../../drawing/theme";
import type { TimeScale } from "../../../drawing/time_scale";
import type { LightStretch } from "../../../time/twilight";
import type { Gap } from "./gaps";

const FONT = "11px system-ui, sans-serif";

export function drawLight(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  light: readonly LightStretch[],
): void {
  context.fillStyle = resolveColor("night");
  for (const { light: kind, start_s, end_s } of light) {
    if (kind === "day") continue;
    const [left, right] = clip(scale, size, start_s, end_s);
    context.globalAlpha = kind === "night" ? 1 : 0.5;
    context.fillRect(left, 0, Math.max(0, right - left), size.height);
  }
  context.globalAlpha = 1;
}

/** Hatch what is lost, dot what is not analyzed yet, and say which it is where there is room. */
export function drawGaps(context: CanvasRenderingContext2D, size: Size, scale: TimeScale, gaps: readonly Gap[]): void {
  for (const { start_s, end_s, reason } of gaps) {
    const [left, right] = clip(scale, size, start_s, end_s);
    if (right <= left && (right <= 0 || left >= size.width)) continue;
    const width = Math.max(2, right - left);
    context.fillStyle = resolveColor("sunken");
    context.fillRect(left, 0, width, size.height);
    if (reason === null) drawDots(context, left, width, size.height);
    else drawHatch(context, left, 0, width, size.height);
    label(context, left, width, reason === null ? "not analyzed yet" : "lost");
  }
}

function drawDots(context: CanvasRenderingContext2D, left: number, width: number, height: number): void {
  context.fillStyle = resolveColor("lost");
  for (let y = 12; y < height; y += 24) {
    for (let x = Math.ceil(left / 8) * 8; x < left + width - 1; x += 8) context.fillRect(x, y, 1, 1);
  }
}

function label(context: CanvasRenderingContext2D, left: number, width: number, text: string): void {
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  const needed = context.measureText(text).width + 8;
  if (needed > width) return;
  context.fillStyle = resolveColor("sunken");
  context.fillRect(left + 2, 4, needed, 16);
  context.fillStyle = resolveColor("ink-soft");
  context.fillText(text, left + 6, 12);
}

function clip(scale: TimeScale, size: Size, start_s: number, end_s: number): [number, number] {
  return [Math.max(0, scale.toX(start_s)), Math.min(size.width, scale.toX(end_s))];
}
