import { expect, test } from "vitest";

import type { Kept, Precision } from "../types";
import { suggestionOf } from "./precision";
import { sayCounted, sayInterval, sayKept, sayStrategies } from "./words";

const KEPT: Kept = { threshold: 0.72, share: 0.41, precision: 0.96, reviewed: 83, confirmed: 80 };

test("counts are said with their share", () => {
  expect(sayCounted({ n: 43, confirmed: 29 })).toBe("29 of 43 reviewed events are right (67 %).");
  expect(sayCounted({ n: 1, confirmed: 1 })).toBe("1 of 1 reviewed event is right (100 %).");
  expect(sayCounted({ n: 0, confirmed: 0 })).toBe("No event of this taxon was reviewed yet.");
});

test("what a threshold leaves is expected, counted, or both", () => {
  expect(sayKept(KEPT)).toBe("96 % are expected to be right; of those reviewed, 80 of 83 are.");
  expect(sayKept({ ...KEPT, precision: null })).toBe("Of those reviewed, 80 of 83 are.");
  expect(sayKept({ ...KEPT, reviewed: 0, confirmed: 0 })).toBe("96 % are expected to be right; none was reviewed.");
});

test("only strategies with reviews are named", () => {
  expect(sayStrategies({ highest: 12, bands: 60, random: 0, first: 0, none: 1 })).toBe(
    "60 across confidences, 12 highest first, 1 without a queue",
  );
});

test("a threshold is rounded up to hundredths, so that it still has the wanted precision", () => {
  const curve = [0.71, 0.72].map((confidence) => ({
    confidence,
    precision: 0.9,
    low: 0.8,
    high: 0.95,
    kept: { ...KEPT, threshold: confidence },
  }));
  const at = (threshold: number) => ({ wanted: 0.9, threshold, low: null, high: null, kept: KEPT });
  const precision = { curve, threshold: at(0.7101) } as unknown as Precision;
  expect(suggestionOf(precision)?.threshold).toBe(0.72);
  expect(suggestionOf({ ...precision, threshold: at(0.71) })?.threshold).toBe(0.71);
  expect(suggestionOf({ ...precision, threshold: null })).toBeNull();
});

test("a threshold is told with its interval, whose open ends are those of all confidences", () => {
  expect(sayInterval({ low: 0.652, high: 0.81 })).toBe("95 % interval of the threshold: 0.65 to 0.81.");
  expect(sayInterval({ low: null, high: null })).toBe("95 % interval of the threshold: 0.00 to 1.00.");
});
