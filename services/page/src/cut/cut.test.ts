import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { cutAll } from "./cut";
import { cutLane, type Grid } from "./cut_lane";
import { roundPosition } from "./positions";
import { changeOnset, STEPS, thresholdStep, type Rule } from "./rule";

interface GoldenCase extends Grid {
  name: string;
  steps: number[];
  rule: Rule;
  events: [number, number, number][];
}

const GOLDEN = `${import.meta.dirname}/../../../../tests/unit/domain/golden_cuts.json`;
const { cases } = JSON.parse(readFileSync(GOLDEN, "utf8")) as { cases: GoldenCase[] };

test.each(cases)("as the service cuts: $name", (each) => {
  const found = cutLane(Uint16Array.from(each.steps), { ...each, n: each.steps.length }, each.rule);
  expect(found.map(({ onset_s, offset_s, peak }) => [onset_s, offset_s, peak])).toEqual(each.events);
});

test("a threshold is reached by the step that Python says", () => {
  expect([0.3, 0.5, 0.6, 1, 0].map(thresholdStep)).toEqual([19_661, 32_768, 39_321, STEPS, 0]);
});

test("positions halfway between two microseconds go to the even one, where toFixed goes up", () => {
  expect(roundPosition(1, 0.1171875)).toBe(0.117188);
  expect(roundPosition(3, 0.1171875)).toBe(0.351562);
  expect((0.3515625).toFixed(6)).toBe("0.351563");
});

test("so close to a half that the product rounds to it, the double's exact value decides", () => {
  expect(roundPosition(266_797, 0.08992449999999999)).toBe(23_991.586826);
  expect(roundPosition(204_505, 0.0547485)).toBe(11_196.341992);
});

test("a low onset threshold takes the offset threshold along", () => {
  const rule = { onset_threshold: 0.5, offset_threshold: 0.3, min_event_s: 0, min_gap_s: 0 };
  expect(changeOnset(rule, 0.1).offset_threshold).toBe(0.1);
  expect(changeOnset(rule, 0.7)).toEqual({ ...rule, onset_threshold: 0.7 });
  expect(changeOnset(rule, null)).toBe(rule);
});

test("events come by onset, of equals by scientific name, with confidences in single precision", () => {
  const rule = { onset_threshold: 0.5, offset_threshold: 0.5, min_event_s: 0, min_gap_s: 0 };
  const scored = {
    taxa: ["Turdus merula", "Erithacus rubecula"].map((scientific_name) => ({ scientific_name, rule })),
    scores: Uint16Array.from([0, 40_000, 0, 50_000, 60_000, 0]),
    first: 4,
    n: 3,
    step_s: 5,
    end_s: 35,
    runs: [[4, 3] as const],
  };
  const events = cutAll(scored, null);
  expect([...events.taxon]).toEqual([1, 0]);
  expect([...events.onset_s]).toEqual([20, 25]);
  expect([...events.offset_s]).toEqual([30, 30]);
  expect([...events.confidence]).toEqual([Math.fround(60_000 / STEPS), Math.fround(40_000 / STEPS)]);
});
