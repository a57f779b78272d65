import { expect, test } from "vitest";

import { chooseFormat, clipAddress, firstClip, nextClip, serves, type Piece } from "./clips";

const piece: Piece = {
  recordingId: "r",
  stretch: { start_s: 10, end_s: 17 },
  slow: 1,
  channel: null,
  loops: false,
};
const long = { ...piece, stretch: { start_s: 100, end_s: 3600 } };
const everything = () => true;

test("a short stretch is one clip, wherever in it playing begins", () => {
  expect(firstClip(piece, 14)).toEqual({ start_s: 10, end_s: 17 });
  expect(nextClip(piece, firstClip(piece, 14))).toBeNull();
});

test("a short stretch that loops is one clip that repeats itself", () => {
  expect(nextClip({ ...piece, loops: true }, piece.stretch)).toBeNull();
});

test("a long stretch begins with a short clip at the position, and goes on to its end, each a little before the last is over", () => {
  const first = firstClip(long, 123.4);
  const clips = [first];
  for (let next = nextClip(long, first); next !== null; next = nextClip(long, next)) clips.push(next);
  expect(clips[0]).toEqual({ start_s: 123.4, end_s: 153.4 });
  expect(clips[1]).toEqual({ start_s: 152.9, end_s: 273.4 });
  for (const [n, clip] of clips.slice(1).entries()) expect(Number(clips[n]?.end_s) - clip.start_s).toBeCloseTo(0.5);
  expect(clips.at(-1)?.end_s).toBe(3600);
  for (const clip of clips) expect(clip.end_s - clip.start_s).toBeLessThanOrEqual(300);
});

test("a long stretch that loops begins again at its start", () => {
  expect(nextClip({ ...long, loops: true }, { start_s: 3500, end_s: 3600 })).toEqual({ start_s: 100, end_s: 130 });
});

test("slowed down, a clip holds less of the recording, for each second lasts ten", () => {
  const bats: Piece = { ...long, slow: 10 };
  const first = firstClip(bats, 100);
  expect(first).toEqual({ start_s: 100, end_s: 106 });
  expect(nextClip(bats, first)).toEqual({ start_s: 105.95, end_s: 118 });
});

test("short clips are FLAC and long ones Opus, or what a browser plays that knows neither", () => {
  expect(chooseFormat({ start_s: 0.1, end_s: 30.1 }, everything)).toBe("flac");
  expect(chooseFormat({ start_s: 0, end_s: 31 }, everything)).toBe("opus");
  expect(chooseFormat({ start_s: 0, end_s: 5 }, () => false)).toBe("wav");
  expect(chooseFormat({ start_s: 0, end_s: 31 }, () => false)).toBe("mp3");
});

test("the address says what is wanted and no more", () => {
  expect(clipAddress(piece, { start_s: 1.23456789, end_s: 7 }, "flac")).toBe(
    "/v1/recordings/r/clip?start_s=1.2346&end_s=7&format=flac",
  );
  expect(clipAddress({ ...piece, slow: 10, channel: 2 }, piece.stretch, "flac")).toBe(
    "/v1/recordings/r/clip?start_s=10&end_s=17&format=flac&slow=10&channel=2",
  );
});

test("what is loaded is played on where it is the same sound and reaches as far", () => {
  expect(serves(piece, piece.stretch, piece, 14)).toBe(true);
  expect(serves(piece, piece.stretch, { ...piece, loops: true }, 14)).toBe(true);
  expect(serves(long, { start_s: 100, end_s: 130 }, long, 129)).toBe(true);
  expect(serves(long, { start_s: 100, end_s: 130 }, long, 131)).toBe(false);
  expect(serves(long, { start_s: 0, end_s: 30 }, piece, 14)).toBe(false);
  expect(serves(long, { start_s: 0, end_s: 15 }, piece, 14)).toBe(true);
  expect(serves(long, { start_s: 0, end_s: 15 }, { ...piece, loops: true }, 14)).toBe(false);
  expect(serves(piece, piece.stretch, { ...piece, slow: 10 }, 14)).toBe(false);
  expect(serves(piece, piece.stretch, { ...piece, channel: 2 }, 14)).toBe(false);
});
