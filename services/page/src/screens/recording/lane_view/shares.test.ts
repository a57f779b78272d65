import { expect, test } from "vitest";

import { timeScale } from "../../../drawing/time_scale";
import { madeUpLanes } from "./made_up_lanes";
import { columnsOf, firstReaching, leastStep, maximaOf, sharesOf } from "./shares";

const HALF = leastStep(0.5);

test("a pixel shows the share of its windows that reach the threshold", () => {
  const lanes = madeUpLanes({ robin: [0.9, 0.1, 0.5, 0.5, 0, 0.4], wren: [0, 0, 0, 0, 0, 1] });
  const columns = columnsOf(lanes, timeScale(0, 30, 3));
  expect([...sharesOf(lanes, columns, 0, HALF)].slice(0, 3)).toEqual([0.5, 1, 0]);
  expect([...sharesOf(lanes, columns, 1, HALF)].slice(0, 3)).toEqual([0, 0, 0.5]);
  expect([...maximaOf(lanes, columns, 0)].slice(0, 3).map((each) => each.toFixed(2))).toEqual(["0.90", "0.50", "0.40"]);
});

test("windows that are lost or not analyzed yet do not count as silent", () => {
  const rows = { robin: [1, 0, 0, 0, 1, 0] };
  const lost = madeUpLanes(rows, { lost: [{ start_s: 5, end_s: 20, reason: "cut" }] });
  expect([...sharesOf(lost, columnsOf(lost, timeScale(0, 30, 2)), 0, HALF)].slice(0, 2)).toEqual([1, 0.5]);
  const running = madeUpLanes(rows, { runs: [[4, 1]] });
  expect([...sharesOf(running, columnsOf(running, timeScale(0, 30, 2)), 0, HALF)].slice(0, 2)).toEqual([0, 1]);
});

test("a threshold is reached by the same steps as on the service", () => {
  expect([leastStep(0.5), leastStep(1), leastStep(0)]).toEqual([32_768, 65_535, 1]);
});

test("columns begin on a grid that stays while one pans, and end with the scores", () => {
  const lanes = madeUpLanes({ robin: Array<number>(100).fill(1) });
  const { x, begins } = columnsOf(lanes, timeScale(105, 400, 10));
  expect(x).toBeCloseTo(-0.625);
  expect([begins[0], begins[1], begins.at(-1)]).toEqual([16, 24, 100]);
  const part = madeUpLanes({ robin: [1, 1] }, { first: 10 });
  expect([...columnsOf(part, timeScale(0, 100, 5)).begins]).toEqual([0, 0, 0, 2, 2, 2, 2]);
});

test("the first time is told by the threshold of the slider or by each taxon's own", () => {
  const lanes = madeUpLanes({ robin: [0.1, 0.6, 0.9], wren: [0.1, 0.2, 0.3] });
  expect([...firstReaching(lanes, null)]).toEqual([1, -1]);
  expect([...firstReaching(lanes, 0.2)]).toEqual([1, 1]);
});
