import { expect, test } from "vitest";

import type { HeardTaxon, Overview } from "../../api/types";
import { columnsOf, countsOf, formatHours, formatValue, highestOf, shadeOf, valueOf } from "./columns";
import { askedOf, overviewUrl, readFilters, readShown, taxonUrl } from "./filters";

const PART = { detections: 1, richness: 1 };
const OVERVIEW = {
  by_hour: Array.from({ length: 24 }, (_, hour) => ({ ...PART, hour, hours: hour === 4 ? 2.5 : null })),
  by_day: ["2026-05-03", "2026-05-06"].map((date) => ({ ...PART, date, hours: 1.25 })),
} as unknown as Overview;
const ROBIN = { by_hour: Array(24).fill(null), by_day: [5, 0] } as unknown as HeardTaxon;
ROBIN.by_hour[4] = 17;

test("days on which nobody listened stand between the others", () => {
  const columns = columnsOf(OVERVIEW, "day");
  expect(columns.map(({ label, hours, place }) => [label, hours, place])).toEqual([
    ["3 May", 1.25, 0],
    ["4 May", null, null],
    ["5 May", null, null],
    ["6 May", 1.25, 1],
  ]);
  expect(countsOf(ROBIN, columns, "day")).toEqual([5, null, null, 0]);
});

test("without a dated recording there is no day", () => {
  expect(columnsOf({ ...OVERVIEW, by_day: [] }, "day")).toEqual([]);
});

test("a cell holds a count, or what there was in an hour that somebody listened", () => {
  const columns = columnsOf(OVERVIEW, "hour");
  const four = columns[4];
  if (four === undefined) throw new Error("there are 24 hours");
  expect(four.name).toBe("04:00 to 05:00");
  expect(countsOf(ROBIN, columns, "hour").indexOf(17)).toBe(4);
  expect([valueOf(17, four, false), valueOf(17, four, true), valueOf(null, four, true)]).toEqual([17, 6.8, null]);
  expect(valueOf(1, { ...four, hours: 0 }, true)).toBeNull();
});

test("the highest value is darkest, one that is a hundred times rarer is still seen, and silence is empty", () => {
  expect(
    highestOf([
      [1, null],
      [null, 300],
    ]),
  ).toBe(300);
  expect([shadeOf(300, 300), shadeOf(0, 300), shadeOf(0.2, 0.2)]).toEqual([1, 0, 1]);
  expect(shadeOf(3, 300)).toBeGreaterThan(0.2);
});

test("numbers are short and honest", () => {
  expect([1234, 0].map((value) => formatValue(value, false))).toEqual(["1,234", "0"]);
  expect([12.34, 6.8, 0.04, 0].map((value) => formatValue(value, true))).toEqual(["12", "6.8", "0.04", "0"]);
  const said = [null, 0, 40 / 3600, 59.7 / 3600, 0.04, 0.25, 0.999, 1, 2.53, 99.96, 1240.4].map(formatHours);
  expect(said).toEqual([
    ...["no hours", "0 s", "40 s", "1 min", "2 min", "15 min", "1 h", "1 h", "2.5 h", "100 h", "1,240 h"],
  ]);
});

test("the address says what is counted; both days are meant, where the service counts up to the second", () => {
  const query = new URLSearchParams("site=north+marsh&from=2026-05-03&to=2026-05-31&thresholds=saved&rate=1&by=day");
  expect(readShown(query)).toEqual({ by: "day", isRate: true });
  expect(askedOf(readFilters(query))).toMatchObject({ from: "2026-05-03", to: "2026-06-01", thresholds: "saved" });
  expect(overviewUrl(readFilters(new URLSearchParams()))).toBe("/v1/overview");
  expect(taxonUrl(readFilters(new URLSearchParams("pack=birdnet")), "eurrob1")).toBe(
    "/v1/overview?pack=birdnet&taxon=eurrob1&verdicts=true",
  );
});
