/** Draws a block of the overview: a row for each taxon, or the bars of effort and of richness. */
import { drawHatch } from "../../drawing/hatch";
import type { Size } from "../../drawing/Plot";
import { resolveColor } from "../../drawing/theme";
import { formatValue, shadeOf } from "./columns";

export const ROW_PX = 24;
const FONT = "12px system-ui, sans-serif";
/** Numbers stand in cells that are at least so wide. */
const NUMBERED_PX = 26;

export type Cells = readonly (readonly (number | null)[])[];

/** Draw rows of values: the darker the higher, hatched where nobody listened, and as numbers where there is room. */
export function drawCells(
  context: CanvasRenderingContext2D,
  size: Size,
  rows: Cells,
  highest: number,
  isRate: boolean,
): void {
  const n = rows[0]?.length ?? 0;
  const isNumbered = size.width / n >= NUMBERED_PX;
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  rows.forEach((row, at) => {
    const top = at * ROW_PX;
    drawUnheard(context, size, row, top, ROW_PX - 1);
    row.forEach((value, column) => {
      if (value === null || value === 0) return;
      const [left, right] = [edge(size, column, n), edge(size, column + 1, n)];
      context.globalAlpha = 0.1 + (isNumbered ? 0.35 : 0.9) * shadeOf(value, highest);
      context.fillStyle = resolveColor("accent");
      context.fillRect(left, top + 1, Math.max(right - left - (isNumbered ? 1 : 0), 1), ROW_PX - 3);
      context.globalAlpha = 1;
      if (!isNumbered) return;
      context.fillStyle = resolveColor("ink");
      context.fillText(formatValue(value, isRate), (left + right) / 2, top + ROW_PX / 2, right - left - 2);
    });
    context.fillStyle = resolveColor("line");
    context.fillRect(0, top + ROW_PX - 1, size.width, 1);
  });
}

/** Draw one row as bars from the bottom: hours that somebody listened, or how many taxa were heard. */
export function drawBars(context: CanvasRenderingContext2D, size: Size, row: readonly (number | null)[]): void {
  const n = row.length;
  const highest = Math.max(...row.map((value) => value ?? 0), 1e-9);
  drawUnheard(context, size, row, 0, size.height);
  context.fillStyle = resolveColor("lane");
  row.forEach((value, column) => {
    if (value === null) return;
    const [left, right] = [edge(size, column, n), edge(size, column + 1, n)];
    const tall = Math.max((value / highest) * (size.height - 2), value > 0 ? 2 : 0);
    context.fillRect(left, size.height - tall, Math.max(right - left - (right - left > 4 ? 1 : 0), 1), tall);
  });
  context.fillStyle = resolveColor("line");
  context.fillRect(0, size.height - 1, size.width, 1);
}

/** Hatch the stretches of a row in which nobody listened: silence stays empty. */
function drawUnheard(
  context: CanvasRenderingContext2D,
  size: Size,
  row: readonly (number | null)[],
  top: number,
  height: number,
): void {
  const n = row.length;
  for (let from = 0; from < n; from += 1) {
    if (row[from] !== null) continue;
    let to = from;
    while (to < n && row[to] === null) to += 1;
    const left = edge(size, from, n);
    drawHatch(context, left, top, edge(size, to, n) - left, height);
    from = to;
  }
}

function edge({ width }: Size, column: number, n: number): number {
  return Math.round((column * width) / n);
}
