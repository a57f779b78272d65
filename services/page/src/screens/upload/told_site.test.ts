import { expect, test } from "vitest";

import { siteOf, sitesOf } from "./told_site";

test.each([
  ["NORTH-MARSH_20260501_040000.wav", "NORTH-MARSH"],
  ["SM4 prefix_20260501_040000.wav", "SM4 prefix"],
  ["old pond_0+1_20260501_040000.wav", "old pond"],
  ["Höhe 3_20260501$040000.wac.wav", "Höhe 3"],
  ["marsh 2026-05-01 04-00-00.flac", "marsh"],
  ["marsh_20260501T040000+1000_REC.flac", "marsh"],
])("%s was recorded at %s", (name, site) => {
  expect(siteOf(name, "")).toBe(site);
});

test.each([
  "20260501_040000.WAV",
  "24F31901603710CD_20260501_040000.WAV",
  "S4A12345_20260501_040000.wav",
  "S20240504T043000.000+1000_E20240504T053000.000+1000.wav",
  "REC_20260501_040000.wav",
  "01_20260501_040000.wav",
  "dawn chorus.wav",
  "marsh.wav",
])("%s tells no site", (name) => {
  expect(siteOf(name, "")).toBeNull();
});

test.each([
  ["NORTH-MARSH/Data", "NORTH-MARSH"],
  ["spring/marsh_2026-05", "marsh"],
  ["marsh/2026/05/03", "marsh"],
  ["CARD1/DATA", null],
  ["Recordings 2026", null],
  ["", null],
])("the folder %s is that of %s", (folder, site) => {
  expect(siteOf("20260501_040000.WAV", folder)).toBe(site);
});

test("a prefix counts before the folder", () => {
  expect(siteOf("pond_20260501_040000.wav", "marsh")).toBe("pond");
});

test("several sites are told, and none where one of the files tells none", () => {
  const found = (name: string) => ({ file: new File([], name), folder: "" });
  expect(sitesOf(["b_20260501_040000.wav", "pond_20260501_040000.wav"].map(found))).toBeNull();
  expect(sitesOf(["marsh_20260501_040000.wav", "pond_20260501_040000.wav"].map(found))).toEqual(["marsh", "pond"]);
  expect(sitesOf(["marsh_20260501_040000.wav", "marsh.wav"].map(found))).toBeNull();
});
