import { expect, test } from "vitest";

import { composeStart, inOffset, inZone, offsetOf, secondsBetween, shiftStart } from "./moments";

test("a shifted start keeps its offset and its fraction, over midnight and the turn of the year", () => {
  expect(shiftStart("2026-01-01T00:30:00.250125+02:00", -3600)).toBe("2025-12-31T23:30:00.250125+02:00");
  expect(shiftStart("2026-05-03T04:30:00Z", 86_400)).toBe("2026-05-04T04:30:00Z");
  const there = shiftStart("2026-05-03T04:30:00.5-03:30", 12_345);
  expect(shiftStart(there, -12_345)).toBe("2026-05-03T04:30:00.5-03:30");
});

test("distances are those of moments, whatever the clocks showed", () => {
  expect(secondsBetween("2026-05-03T04:30:00+02:00", "2026-05-03T03:30:10Z")).toBe(3610);
  expect(inOffset("2026-05-03T04:30:00.5+02:00", "-07:00")).toBe("2026-05-02T19:30:00.5-07:00");
});

test("another zone leaves what the clock showed, in summer and in winter", () => {
  expect(inZone("2026-05-03T04:30:00+00:00", "Europe/Berlin")).toBe("2026-05-03T04:30:00+02:00");
  expect(inZone("2026-01-03T04:30:00.125+00:00", "Europe/Berlin")).toBe("2026-01-03T04:30:00.125+01:00");
  expect(inZone("2026-05-03T04:30:00+02:00", "Australia/Adelaide")).toBe("2026-05-03T04:30:00+09:30");
  expect(inZone("2026-05-03T04:30:00+02:00", "-05:00")).toBe("2026-05-03T04:30:00-05:00");
  expect(inZone("2026-05-03T04:30:00+02:00", "UTC")).toBe("2026-05-03T04:30:00Z");
});

test("hours that summer time skips or repeats are not guessed", () => {
  expect(() => inZone("2026-03-29T02:30:00+00:00", "Europe/Berlin")).toThrow("skipped in Europe/Berlin");
  expect(() => inZone("2026-10-25T02:30:00+00:00", "Europe/Berlin")).toThrow(
    "2026-10-25 02:30:00 came twice in Europe/Berlin: write +02:00 or +01:00",
  );
  expect(inZone("2026-10-25T03:00:00+00:00", "Europe/Berlin")).toBe("2026-10-25T03:00:00+01:00");
  expect(inZone("2026-10-25T01:59:59+00:00", "Europe/Berlin")).toBe("2026-10-25T01:59:59+02:00");
});

test("what a form says is read by the clock's zone", () => {
  expect(composeStart("2026-05-03", "04:30", "Europe/Berlin")).toBe("2026-05-03T04:30:00+02:00");
  expect(offsetOf(composeStart("2026-05-03", "04:30:05", "-03:30"))).toBe("-03:30");
});
