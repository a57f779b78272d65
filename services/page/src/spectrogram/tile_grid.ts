/** Which of the service's pictures show a stretch: tiles of a span, which begin at whole multiples of it. */
import type { Spectrogram } from "../api/types";

export type Level = Spectrogram["levels"][number];

export interface Tile {
  readonly span_s: number;
  readonly index: number;
}

/** A part of a tile's columns, from 0 to 1. */
export interface Part {
  readonly tile: Tile;
  readonly from: number;
  readonly to: number;
}

/** A column of a tile may be stretched over so many pixels of the screen before a finer level is taken. */
const WIDEST_COLUMN_PX = 1.5;

export function keyOf(tile: Tile): string {
  return `${tile.span_s}/${tile.index}`;
}

/** Return the coarsest level whose columns are fine enough, else the finest; null where there are none. */
export function levelFor(levels: readonly Level[], pixel_s: number): Level | null {
  const coarseFirst = [...levels].sort((a, b) => b.span_s - a.span_s);
  return coarseFirst.find((level) => level.column_s <= WIDEST_COLUMN_PX * pixel_s) ?? coarseFirst.at(-1) ?? null;
}

/** Return the tiles of a level that a stretch touches, in the order of time. */
export function tilesOf(level: Level, start_s: number, span_s: number): Tile[] {
  const first = Math.max(0, Math.floor(start_s / level.span_s));
  const end = Math.min(level.pictures, Math.max(first + 1, Math.ceil((start_s + span_s) / level.span_s - 1e-9)));
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => ({ span_s: level.span_s, index: first + i }));
}

/** Return the part of a coarser tile that shows the same time, from the next level on to the coarsest. */
export function coarserParts(tile: Tile, levels: readonly Level[]): Part[] {
  const spans = levels.map((level) => level.span_s).filter((span) => span > tile.span_s);
  return spans
    .sort((a, b) => a - b)
    .map((span_s) => {
      const place = (tile.index * tile.span_s) / span_s;
      const index = Math.floor(place);
      return { tile: { span_s, index }, from: place - index, to: place - index + tile.span_s / span_s };
    });
}

/** Return the tiles of the next finer level that show the same time; none below the finest. */
export function finerTiles(tile: Tile, levels: readonly Level[]): Tile[] {
  const finer = levels.find((level) => level.span_s * 2 === tile.span_s);
  return finer === undefined ? [] : tilesOf(finer, tile.index * tile.span_s, tile.span_s);
}

/** Return the tiles beside those of a stretch: what is seen next when it is moved. */
export function neighbors(level: Level, tiles: readonly Tile[]): Tile[] {
  const [first, last] = [tiles[0], tiles.at(-1)];
  if (first === undefined || last === undefined) return [];
  return [last.index + 1, first.index - 1]
    .filter((index) => index >= 0 && index < level.pictures)
    .map((index) => ({ span_s: level.span_s, index }));
}
