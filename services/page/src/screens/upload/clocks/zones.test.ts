import { expect, test } from "vitest";

import { allZones, mayBecomeZone, readZone } from "./zones";

test("a zone is found by its name in any case, by its city, and by today's and yesterday's names", () => {
  expect(readZone("europe/berlin")).toBe("Europe/Berlin");
  expect(readZone(" Berlin ")).toBe("Europe/Berlin");
  expect(readZone("new york")).toBe("America/New_York");
  expect(readZone("Kathmandu")).toBe("Asia/Kathmandu");
  expect(readZone("Asia/Katmandu")).toBe("Asia/Katmandu");
  expect(readZone("utc")).toBe("UTC");
});

test("an offset is taken in the ways people write it", () => {
  expect(["+2", "+0200", "UTC+02:00", "gmt +2"].map(readZone)).toEqual(["+02:00", "+02:00", "+02:00", "+02:00"]);
  expect(readZone("−3:30")).toBe("-03:30");
  expect(readZone("+15")).toBeNull();
});

test("what is no zone is none", () => {
  expect(["", "Atlantis", "Europe/Atlantis", "Ber"].map(readZone)).toEqual([null, null, null, null]);
});

test("a name is not called unknown while it is being written", () => {
  expect(["Berl", "new y", "+", "utc+", "Europe/"].map(mayBecomeZone)).toEqual([true, true, true, true, true]);
  expect(["Atlantis", "+99"].map(mayBecomeZone)).toEqual([false, false]);
});

test("the list begins with what is no place, and holds each once", () => {
  expect(allZones().slice(0, 2)).toEqual(["UTC", "-12:00"]);
  expect(new Set(allZones()).size).toBe(allZones().length);
});
