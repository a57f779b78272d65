/** Puts a stretch together of tiles: of those that fit, and of others where those are not here yet. */
import type { Spectrogram } from "../api/types";
import { colorMap } from "../app/preferences";
import { quietest } from "../drawing/color_maps";
import type { Size } from "../drawing/Plot";
import { pixelRatio } from "../drawing/pixel_ratio";
import { isDark, resolveColor } from "../drawing/theme";
import type { TimeScale } from "../drawing/time_scale";
import { coarserParts, finerTiles, levelFor, neighbors, tilesOf, type Level, type Part, type Tile } from "./tile_grid";
import type { Look } from "./tile_picture";
import type { TileStore } from "./tile_store";

export interface Shown {
  about: Spectrogram;
  tiles: TileStore;
  look: Look;
  scale: TimeScale;
  /** The band of frequencies, as shares of all: 0 is the highest. */
  top: number;
  bottom: number;
}

/** The color where nothing is drawn: not yet, or for there is no sound; on paper, another than that of silence. */
export function ground(): string {
  return colorMap.value === "gray" ? resolveColor("sunken") : quietest(colorMap.value, isDark.value);
}

/** Draw what is here and return the tiles that fit, here or not. */
export function drawTiles(context: CanvasRenderingContext2D, size: Size, shown: Shown): Tile[] {
  const level = levelOf(shown, size);
  if (level === null) return [];
  const tiles = tilesOf(level, shown.scale.start_s, shown.scale.span_s);
  context.imageSmoothingQuality = "high";
  for (const tile of tiles) drawTile(context, size, shown, tile);
  return tiles;
}

/** Return the tiles that are seen next: of the same level beside, and the one around, for zooming out. */
export function tilesSoon(size: Size, shown: Shown, tiles: readonly Tile[]): Tile[] {
  const level = levelOf(shown, size);
  if (level === null || level.overview) return [];
  const around = tiles.flatMap((tile) => coarserParts(tile, shown.about.levels).slice(0, 1)).map((part) => part.tile);
  const isDrawn = (tile: Tile) => shown.about.levels.some((each) => each.span_s === tile.span_s && !each.overview);
  return [...neighbors(level, tiles), ...around.filter(isDrawn)];
}

function levelOf({ about, scale }: Shown, size: Size): Level | null {
  return levelFor(about.levels, scale.span_s / (size.width * pixelRatio.value));
}

function drawTile(context: CanvasRenderingContext2D, size: Size, shown: Shown, tile: Tile): void {
  const { tiles, look, about } = shown;
  const whole: Part = { tile, from: 0, to: 1 };
  if (tiles.share(tile) < 1) {
    const coarser = coarserParts(tile, about.levels).find((part) => tiles.bitmap(part.tile, look) !== null);
    if (coarser !== undefined) drawPart(context, size, shown, tile, coarser);
    for (const finer of finerTiles(tile, about.levels))
      drawPart(context, size, shown, finer, { ...whole, tile: finer });
  }
  drawPart(context, size, shown, tile, whole);
}

/** Draw a part of one tile where another lies, in whole pixels of the screen, so that no seam is seen. */
function drawPart(context: CanvasRenderingContext2D, size: Size, shown: Shown, place: Tile, part: Part): void {
  const bitmap = shown.tiles.bitmap(part.tile, shown.look);
  if (bitmap === null) return;
  const ratio = pixelRatio.value;
  const toPixel = (time_s: number) => Math.round(shown.scale.toX(time_s) * ratio) / ratio;
  const [left, right] = [toPixel(place.index * place.span_s), toPixel((place.index + 1) * place.span_s)];
  if (right <= left) return;
  const [x, width] = [part.from * bitmap.width, (part.to - part.from) * bitmap.width];
  const [y, height] = [shown.top * bitmap.height, (shown.bottom - shown.top) * bitmap.height];
  context.drawImage(bitmap, x, y, width, height, left, 0, right - left, size.height);
}
