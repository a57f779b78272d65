import { expect, test } from "vitest";

import type { Lanes } from "../lanes";
import { countInWords, formatPeak, formatScore, leastOnSlider, ownThreshold, slideTo } from "./threshold_words";

test("a key goes to the next twentieth, and not beyond the floor or 1", () => {
  expect(slideTo(0.3 + 0.05, 0.05, 0.05)).toBe(0.35);
  expect(slideTo(0.33 + 0.05, 0.05, 0.05)).toBe(0.35);
  expect(slideTo(0.33 - 0.05, -0.05, 0.05)).toBe(0.3);
  expect(slideTo(0.1 - 0.05, -0.05, 0.06)).toBe(0.06);
  expect(slideTo(0.98 + 0.05, 0.05, 0.05)).toBe(1);
});

test("while each taxon has its own threshold, the slider stands at that of most", () => {
  const taxa = [0.3, 0.5, 0.3].map((onset_threshold) => ({ rule: { onset_threshold } }));
  expect(ownThreshold({ taxa } as Lanes, 0.05)).toBe(0.3);
  expect(ownThreshold(null, 0.05)).toBe(0.5);
});

test("thresholds have two decimals, or as many as they need", () => {
  expect([0.3, 0.375, 1].map(formatScore)).toEqual(["0.30", "0.375", "1.00"]);
});

test("events and taxa are counted in words", () => {
  const event = { taxon: 3, onset_s: 1, offset_s: 2, confidence: 1 };
  expect(countInWords([event])).toBe("1 event of 1 taxon");
  expect(countInWords(Array.from({ length: 1200 }, (_, taxon) => ({ ...event, taxon: taxon % 7 })))).toBe(
    "1,200 events of 7 taxa",
  );
});

test("the slider begins at the floor, or at the first hundredth above it", () => {
  expect([0.05, 0.07, 0.017, 0].map(leastOnSlider)).toEqual([0.05, 0.07, 0.02, 0]);
});

test("a highest score below the threshold is not rounded up to it", () => {
  expect([formatPeak(0.7996, 0.8), formatPeak(0.7996, 0.5), formatPeak(0.8, 0.8)]).toEqual(["0.79", "0.80", "0.80"]);
});
