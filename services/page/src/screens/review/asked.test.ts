import { expect, test } from "vitest";

import { asksForSameQueue, precisionUrl, queueUrl, readAsked, taxaUrl } from "./asked";

const LINK = "taxon=Erithacus+rubecula&site=north+marsh&strategy=random&seed=7&wanted=0.95&min_confidence=&other=1";
const asked = readAsked(new URLSearchParams(LINK));

test("the address says what is reviewed; what is empty or unknown is left out", () => {
  expect(asked).toEqual({
    taxon: "Erithacus rubecula",
    site: "north marsh",
    strategy: "random",
    seed: "7",
    wanted: "0.95",
  });
});

test("each part is asked of what has to do with it", () => {
  expect(queueUrl(asked, null)).toBe(
    "/v1/review-queue?site=north+marsh&taxon=Erithacus+rubecula&strategy=random&seed=7&limit=20",
  );
  expect(taxaUrl(asked, "rob")).toBe("/v1/review-taxa?site=north+marsh&q=rob&limit=200");
  expect(precisionUrl(asked)).toBe("/v1/taxa/Erithacus%20rubecula/precision?site=north+marsh&wanted=0.95");
});

test("another wanted precision is the same queue, and so is the seed that it has anyway", () => {
  expect(asksForSameQueue(asked, { ...asked, wanted: "0.8" })).toBe(true);
  const { seed, ...unseeded } = asked;
  expect(asksForSameQueue(asked, unseeded)).toBe(true);
  expect(asksForSameQueue(asked, { ...asked, seed: `${seed ?? ""}1` })).toBe(false);
  expect(asksForSameQueue(asked, { ...asked, site: "pond" })).toBe(false);
});
