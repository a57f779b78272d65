import { expect, test } from "vitest";

import { isHumanVoice } from "./human_voices";

test.each(["Human vocal", "Human whistle", "Homo sapiens"])("%s is a human voice", (scientific_name) => {
  expect(isHumanVoice({ scientific_name, common_name: "" })).toBe(true);
});

test.each(["Human non-vocal", "Erithacus rubecula", "Engine"])("%s is none", (scientific_name) => {
  expect(isHumanVoice({ scientific_name, common_name: "" })).toBe(false);
});
