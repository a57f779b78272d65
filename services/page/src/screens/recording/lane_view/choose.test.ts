import { expect, test } from "vitest";

import { gapAt, gapsOf } from "./gaps";
import { madeUpLanes, madeUpTaxon } from "./made_up_lanes";
import { findByPrefix, orderTaxa } from "./order";
import { eventAt, eventToOpen } from "./pick";

const lanes = madeUpLanes(
  { a: [0, 0, 0.9], b: [0, 0.9, 0], c: [0, 0, 0] },
  {
    taxa: [
      madeUpTaxon("Great Tit", "Parus major"),
      madeUpTaxon("Eurasian Blackbird", "Turdus merula"),
      madeUpTaxon("Rüppell's Warbler", "Curruca ruppeli"),
    ],
  },
);

test("lanes stand by peak, by name, or by who is heard first", () => {
  expect(orderTaxa(lanes, "peak", "", null)).toEqual([0, 1, 2]);
  expect(orderTaxa(lanes, "name", "", null)).toEqual([1, 0, 2]);
  expect(orderTaxa(lanes, "first", "", null)).toEqual([1, 0, 2]);
});

test("a taxon is found by parts of either name, with or without accents", () => {
  expect(orderTaxa(lanes, "peak", "tur bird", null)).toEqual([1]);
  expect(orderTaxa(lanes, "peak", "ruppell", null)).toEqual([2]);
  expect(orderTaxa(lanes, "peak", "owl", null)).toEqual([]);
});

test("typing the beginning of a name goes to the next lane that has it", () => {
  expect([findByPrefix(lanes, [0, 1, 2], 0, "e"), findByPrefix(lanes, [0, 1, 2], 2, "G")]).toEqual([1, 0]);
  expect(findByPrefix(lanes, [0, 1, 2], 0, "x")).toBe(-1);
});

const event = (taxon: number, onset_s: number, offset_s: number, confidence: number) => ({
  taxon,
  onset_s,
  offset_s,
  confidence,
});
const events = [event(0, 1, 2, 0.5), event(1, 1, 9, 0.9), event(0, 4, 5, 0.8), event(0, 8, 9, 0.6)];

test("a click means the best event of its lane that is near", () => {
  expect(eventAt(events, 0, 3, 1)).toBe(events[2]);
  expect(eventAt(events, 0, 3, 0.5)).toBeNull();
  expect(eventAt(events, 1, 3, 0)).toBe(events[1]);
});

test("Enter opens the best event, then one after the other", () => {
  expect(eventToOpen(events, 0, null)).toBe(events[2]);
  expect(eventToOpen(events, 0, events[1] ?? null)).toBe(events[2]);
  expect(eventToOpen(events, 0, events[2] ?? null)).toBe(events[3]);
  expect(eventToOpen(events, 0, events[3] ?? null)).toBe(events[0]);
  expect(eventToOpen(events, 2, null)).toBeNull();
});

test("what is lost and what is not analyzed yet are told apart", () => {
  const partial = madeUpLanes(
    { a: Array<number>(20).fill(0) },
    { runs: [[0, 8]], lost: [{ start_s: 10, end_s: 20, reason: "cut" }] },
  );
  expect(gapsOf(partial)).toEqual([
    { start_s: 10, end_s: 20, reason: "cut" },
    { start_s: 40, end_s: 100, reason: null },
  ]);
  expect(gapAt(gapsOf(partial), 15)?.reason).toBe("cut");
  expect(gapAt(gapsOf(partial), 50)).toEqual({ start_s: 40, end_s: 100, reason: null });
  expect(gapAt(gapsOf(partial), 30)).toBeNull();
});

test("of an analysis without a grid all is not analyzed yet, of a whole one nothing", () => {
  expect(gapsOf(madeUpLanes({}, { n: 0, step_s: 0, runs: [], end_s: 60 }))).toEqual([
    { start_s: 0, end_s: 60, reason: null },
  ]);
  expect(gapsOf(madeUpLanes({ a: [0, 0, 0] }, { end_s: 13 }))).toEqual([]);
});
