import { expect, test } from "vitest";

import type { LaneTaxon } from "../lanes";
import type { SungEvent } from "../model";
import { countByTaxon, placeOf, sortEvents } from "./table_rows";

const TAXA = [
  { common_name: "Eurasian Wren", scientific_name: "Troglodytes troglodytes" },
  { common_name: "", scientific_name: "Aedes" },
] as LaneTaxon[];
const made = (taxon: number, onset_s: number, length_s: number, confidence: number): SungEvent => ({
  taxon,
  onset_s,
  offset_s: onset_s + length_s,
  confidence,
});
const EVENTS = [made(0, 1, 5, 0.5), made(1, 2, 1, 0.9), made(0, 3, 5, 0.7)];
const onsets = (
  column: "time" | "taxon" | "length" | "confidence",
  isDescending: boolean,
  taxon: number | null = null,
) => sortEvents(EVENTS, TAXA, { column, isDescending }, taxon).map(({ onset_s }) => onset_s);

test("rows are sorted by any column, of equals the earlier first", () => {
  expect(onsets("time", true)).toEqual([3, 2, 1]);
  expect(onsets("taxon", false)).toEqual([2, 1, 3]);
  expect(onsets("length", true)).toEqual([1, 3, 2]);
  expect(onsets("confidence", true)).toEqual([2, 3, 1]);
});

test("one taxon can be shown alone; taxa are counted by name", () => {
  expect(onsets("time", false, 0)).toEqual([1, 3]);
  expect(countByTaxon(EVENTS, TAXA)).toEqual([
    [1, 1],
    [0, 2],
  ]);
});

test("a taxon is found by its code, wherever its lane stands now", () => {
  const taxa = ["eurbla", "eurwre1"].map((code) => ({ code })) as LaneTaxon[];
  expect([placeOf("eurwre1", taxa), placeOf("eurwre1", taxa.toReversed())]).toEqual([1, 0]);
  expect([placeOf(null, taxa), placeOf("gone", taxa)]).toEqual([null, null]);
});
