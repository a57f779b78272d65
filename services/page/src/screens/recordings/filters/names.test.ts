import { describe, expect, it } from "vitest";

import { meantBy, nameToAskFor, type TaxonNames } from "./names";

const COMMON: TaxonNames = {
  code: "turdus-merula",
  scientific_name: "Turdus merula",
  common_name: "Eurasian Blackbird",
};
const RED: TaxonNames = {
  code: "agelaius",
  scientific_name: "Agelaius phoeniceus",
  common_name: "Red-winged Blackbird",
};
const NAMELESS: TaxonNames = { code: "noctilio", scientific_name: "Noctilio leporinus", common_name: "" };

describe("the taxa that a text may mean", () => {
  it("are all of whose names it is a part", () => {
    expect(meantBy("blackbird", [COMMON, RED])).toEqual([COMMON, RED]);
  });

  it.each(["eurasian blackbird", " Turdus merula ", "TURDUS-MERULA"])("is the one called just %j", (text) => {
    expect(meantBy(text, [RED, COMMON])).toEqual([COMMON]);
  });

  it("are none where none was found", () => {
    expect(meantBy("phoenix", [])).toEqual([]);
  });
});

it("asks by the scientific name where there is no other", () => {
  expect([COMMON, NAMELESS].map(nameToAskFor)).toEqual(["Eurasian Blackbird", "Noctilio leporinus"]);
});
