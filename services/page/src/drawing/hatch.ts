import { resolveColor } from "./theme";

const SPACING = 7;

/** Hatch a part of a plot: nothing was analyzed there. What lies beneath stays visible. */
export function drawHatch(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const wide = Math.max(width, 2);
  context.save();
  context.beginPath();
  context.rect(x, y, wide, height);
  context.clip();
  context.globalAlpha = 0.35;
  context.fillStyle = resolveColor("sunken");
  context.fillRect(x, y, wide, height);
  context.globalAlpha = 1;
  context.strokeStyle = resolveColor("lost");
  context.lineWidth = 1;
  context.beginPath();
  // Lines lie on a grid of their own, so that they stand still beside each other.
  for (let at = Math.floor((x - height) / SPACING) * SPACING; at < x + wide; at += SPACING) {
    context.moveTo(at, y + height);
    context.lineTo(at + height, y);
  }
  context.stroke();
  context.restore();
}
