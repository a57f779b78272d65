import { expect, test } from "vitest";

import type { Analysis, Pack, Recording } from "../../../api/types";
import { findFault, firstChoice, requestOf } from "./choice";

const packs = [
  { name: "birdnet", is_default: true, has_occurrence: true },
  { name: "synthetic", is_default: false, has_occurrence: false },
] as Pack[];

function analyzedWith(...settings: { id: string; pack: string; channels?: "each" | 2; onset?: number }[]): Recording {
  const analyses = settings.map(({ id, pack, channels = "mix", onset }) => ({
    id,
    pack: { name: pack },
    settings: {
      floor: 0.05,
      occurrence_min: null,
      event_rule: onset === undefined ? null : { onset_threshold: onset },
      channels,
    },
  }));
  return { analyses: analyses as unknown as Analysis[] } as Recording;
}

test("the newest analysis is what the form begins with", () => {
  const recording = analyzedWith(
    { id: "1", pack: "birdnet" },
    { id: "2", pack: "synthetic", channels: "each", onset: 0.8 },
  );
  const choice = firstChoice([recording], packs);
  expect(choice).toMatchObject({ pack: "synthetic", channels: "each", onset_threshold: "0.8", min_gap_s: "" });
});

test("of many recordings only what they have in common is taken over", () => {
  const many = [
    analyzedWith({ id: "1", pack: "synthetic", onset: 0.8 }),
    analyzedWith({ id: "2", pack: "synthetic", onset: 0.6 }),
  ];
  expect(firstChoice(many, packs)).toMatchObject({ pack: "synthetic", onset_threshold: "" });
  expect(firstChoice([analyzedWith({ id: "1", pack: "gone" })], packs).pack).toBe("birdnet");
});

test("what is left empty is not asked for, nor what the pack cannot do", () => {
  const choice = { ...firstChoice([], packs), channels: "2", min_gap_s: "0", occurrence_min: "0.03" };
  expect(requestOf(choice, packs[0])).toEqual({
    pack: "birdnet",
    channels: 2,
    floor: 0.05,
    min_gap_s: 0,
    occurrence_min: 0.03,
  });
  expect(requestOf(choice, packs[1])).not.toHaveProperty("occurrence_min");
});

test("thresholds that contradict each other are found before they are sent", () => {
  const choice = firstChoice([], packs);
  expect(findFault({ ...choice, onset_threshold: "0.5", offset_threshold: "0.6" })).toContain("lower the second");
  expect(findFault({ ...choice, offset_threshold: "0.6" })).toBeNull();
});
