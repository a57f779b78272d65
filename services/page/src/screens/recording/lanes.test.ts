import { expect, test } from "vitest";

import { coversStretch, decodeLanes, type Lanes } from "./lanes";

function encode(header: object, scores: number[]): ArrayBuffer {
  const text = JSON.stringify(header);
  const padded = text + " ".repeat((4 - ((4 + text.length) % 4)) % 4);
  const bytes = new ArrayBuffer(4 + padded.length + 2 * scores.length);
  const view = new DataView(bytes);
  view.setUint32(0, padded.length, true);
  new Uint8Array(bytes, 4).set(new TextEncoder().encode(padded));
  scores.forEach((score, at) => view.setUint16(4 + padded.length + 2 * at, score, true));
  return bytes;
}

const TAXON = { code: "eurrob1", scientific_name: "Erithacus rubecula", common_name: "European Robin", peak: 0.9 };

test("rows of scores follow a header that is padded to four bytes", () => {
  const header = {
    taxa: [TAXON, TAXON],
    first: 3,
    n: 2,
    step_s: 5,
    kind: "windows",
    end_s: 25,
    runs: [[3, 2]],
    lost: [],
  };
  const lanes = decodeLanes(encode(header, [1, 65_535, 0, 256]));
  expect([...lanes.scores]).toEqual([1, 65_535, 0, 256]);
  expect([lanes.first, lanes.n, lanes.step_s, lanes.runs]).toEqual([3, 2, 5, [[3, 2]]]);
});

test("before the first segment is done there is no grid", () => {
  const header = { taxa: [], first: 0, n: 0, step_s: null, kind: "windows", end_s: 25, runs: [], lost: [] };
  const lanes = decodeLanes(encode(header, []));
  expect([lanes.step_s, lanes.scores.length]).toEqual([0, 0]);
  expect(coversStretch(lanes, 0, 25)).toBe(false);
});

test("scores cover a stretch up to the end of the recording, where a last part may be missing", () => {
  const lanes = { first: 100, n: 99, step_s: 0.5, end_s: 100 } as Lanes;
  expect(coversStretch(lanes, 50, 200)).toBe(true);
  expect(coversStretch(lanes, 49, 60)).toBe(false);
  expect(coversStretch({ ...lanes, end_s: 900 }, 60, 101)).toBe(false);
});
