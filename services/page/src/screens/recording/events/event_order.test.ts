import { expect, test } from "vitest";

import type { SungEvent } from "../model";
import { neighbor, sameEvent } from "./event_order";

const made = (taxon: number, onset_s: number, offset_s = onset_s + 2): SungEvent => ({
  taxon,
  onset_s,
  offset_s,
  confidence: 0.9,
});
const EVENTS = [made(0, 0), made(1, 1), made(0, 10), made(1, 10), made(0, 30)];

test("events are gone through by time, or within one lane", () => {
  const [first, wren, second, other, last] = EVENTS;
  expect(neighbor(EVENTS, first ?? null, 1, null)).toBe(wren);
  expect(neighbor(EVENTS, second ?? null, 1, null)).toBe(other);
  expect(neighbor(EVENTS, first ?? null, 1, 0)).toBe(second);
  expect(neighbor(EVENTS, last ?? null, -1, 0)).toBe(second);
  expect(neighbor(EVENTS, last ?? null, 1, null)).toBeNull();
});

test("from a time, or an event that is no more, one goes on from there", () => {
  expect(neighbor(EVENTS, 5, 1, null)).toBe(EVENTS[2]);
  expect(neighbor(EVENTS, 5, -1, 0)).toBe(EVENTS[0]);
  expect(neighbor(EVENTS, made(1, 5), 1, 1)).toBe(EVENTS[3]);
  expect(neighbor([], 5, 1, null)).toBeNull();
});

test("after another cut the same event is the one that shares most time", () => {
  expect(sameEvent([made(0, 0, 1), made(0, 1.5, 4), made(1, 0, 9)], made(0, 0, 5))).toEqual(made(0, 1.5, 4));
  expect(sameEvent([made(0, 0, 1), made(1, 0, 9)], made(0, 1, 5))).toBeNull();
});
