import { expect, test } from "vitest";

import type { Overview } from "../../api/types";
import { readFilters } from "./filters";
import { speciesTable, speciesTableName } from "./species_table";

const OVERVIEW = {
  total: { hours: 2.5, detections: 8 },
  by_day: [
    { date: "2026-05-03", hours: 1.25, richness: 1 },
    { date: "2026-05-05", hours: 1.25, richness: 2 },
  ],
  taxa: [
    {
      scientific_name: "Setophaga townsendi",
      common_name: 'Townsend\'s "Warbler", west',
      ...{ first_heard: "2026-05-03T04:30:00-07:00", last_heard: null, detections: 8, by_day: [8, 0] },
    },
    { scientific_name: "=x", common_name: "", first_heard: null, last_heard: null, detections: 0, by_day: [0, 0] },
  ],
} as unknown as Overview;

test("the saved table has effort, every day, and nothing where nobody listened", () => {
  expect(speciesTable(OVERVIEW, "day").split("\r\n")).toEqual([
    "scientific_name,common_name,first_heard,last_heard,total,2026-05-03,2026-05-04,2026-05-05",
    "hours listened,,,,2.5,1.25,,1.25",
    "taxa heard,,,,2,1,,2",
    'Setophaga townsendi,"Townsend\'s ""Warbler"", west",2026-05-03T04:30:00-07:00,,8,8,,0',
    "'=x,,,,0,0,,0",
    "all detections,,,,8,,,",
    "",
  ]);
});

test("its name says what it holds", () => {
  const filters = readFilters(new URLSearchParams("site=Ñ north/marsh&reviewed=confirmed"));
  expect(speciesTableName(OVERVIEW, "day", filters)).toBe(
    "overview_Ñ-north-marsh_confirmed_by-day_2026-05-03_2026-05-05.csv",
  );
});
