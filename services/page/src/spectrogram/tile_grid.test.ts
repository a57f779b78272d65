import { describe, expect, it } from "vitest";

import { coarserParts, finerTiles, levelFor, neighbors, tilesOf, type Level } from "./tile_grid";

/** The levels of a recording, as the service lists them. */
function levelsOf(duration_s: number): Level[] {
  const spans = [2, 4, 8, 16, 32, 64, 128, 256];
  while ((spans.at(-1) ?? 0) < duration_s) spans.push(2 * (spans.at(-1) ?? 0));
  return spans.map((span_s) => ({
    span_s,
    pictures: Math.max(1, Math.ceil(duration_s / span_s)),
    column_s: span_s / 512,
    overview: span_s > 256,
  }));
}
const HOUR = levelsOf(3600);

function level(span_s: number, levels = HOUR): Level {
  const found = levels.find((each) => each.span_s === span_s);
  if (found === undefined) throw new Error(`no level of ${span_s} s`);
  return found;
}

describe("tiles", () => {
  it("come from the level whose columns are about a pixel", () => {
    expect(levelFor(HOUR, 30 / 734)?.span_s).toBe(16);
    expect(levelFor(HOUR, 3600 / 734)?.span_s).toBe(2048);
    expect(levelFor(HOUR, 0.5 / 1600)?.span_s).toBe(2);
    expect(levelFor(levelsOf(86_400), 86_400 / 734)?.span_s).toBe(65_536);
    expect(levelFor([], 1)).toBeNull();
  });

  it("cover the stretch and end with the recording", () => {
    expect(tilesOf(level(16), 0, 32).map((tile) => tile.index)).toEqual([0, 1]);
    expect(tilesOf(level(16), 15.9, 16.2).map((tile) => tile.index)).toEqual([0, 1, 2]);
    expect(tilesOf(level(16), 3590, 10).map((tile) => tile.index)).toEqual([224]);
    expect(tilesOf(level(2, levelsOf(1)), 0, 1).map((tile) => tile.index)).toEqual([0]);
    expect(tilesOf(level(16, levelsOf(33.5)), 0, 33.5).map((tile) => tile.index)).toEqual([0, 1, 2]);
  });

  it("are stood in for by parts of coarser ones", () => {
    const [next, second] = coarserParts({ span_s: 16, index: 5 }, HOUR);
    expect(next).toEqual({ tile: { span_s: 32, index: 2 }, from: 0.5, to: 1 });
    expect(second).toEqual({ tile: { span_s: 64, index: 1 }, from: 0.25, to: 0.5 });
    expect(coarserParts({ span_s: 4096, index: 0 }, HOUR)).toEqual([]);
  });

  it("are stood in for by finer ones", () => {
    expect(finerTiles({ span_s: 32, index: 2 }, HOUR).map((tile) => tile.index)).toEqual([4, 5]);
    expect(finerTiles({ span_s: 2, index: 2 }, HOUR)).toEqual([]);
    expect(finerTiles({ span_s: 2048, index: 1 }, HOUR).map((tile) => tile.index)).toEqual([2, 3]);
  });

  it("have neighbors within the recording", () => {
    expect(neighbors(level(16), tilesOf(level(16), 0, 32)).map((tile) => tile.index)).toEqual([2]);
    expect(neighbors(level(16), tilesOf(level(16), 100, 32)).map((tile) => tile.index)).toEqual([9, 5]);
  });
});
