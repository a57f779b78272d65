/** The examples are those of the service's rule, in `domain/taxonomy.py`. */
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { isHumanVoice } from "./human_voices";

const GOLDEN = `${import.meta.dirname}/../../../../../tests/unit/domain/human_voices.json`;
const { voices, others } = JSON.parse(readFileSync(GOLDEN, "utf8")) as Record<"voices" | "others", string[]>;

test.each(voices)("%s is a human voice", (scientific_name) => {
  expect(isHumanVoice({ scientific_name, common_name: "" })).toBe(true);
  expect(isHumanVoice({ scientific_name: "Engine", common_name: scientific_name })).toBe(true);
});

test.each(others)("%s is none", (scientific_name) => {
  expect(isHumanVoice({ scientific_name, common_name: "" })).toBe(false);
});
