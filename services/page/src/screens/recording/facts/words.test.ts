import { expect, it } from "vitest";

import type { Analysis } from "../../../api/types";
import { describeSound, formatMoment, formatPlace, formatSize, nameAnalysis } from "./words";

it("describes the sound as recordists do", () => {
  expect(describeSound({ sample_rate_hz: 22050, channels: 1 })).toBe("22.05 kHz, mono");
  expect(describeSound({ sample_rate_hz: 250000, channels: 4 })).toBe("250 kHz, 4 channels");
});

it("rounds a place to what can be told apart on a map, and says where there is none", () => {
  expect(formatPlace({ latitude: 52.37, longitude: -4.9 })).toBe("52.370, -4.900");
  expect(formatPlace({ latitude: null, longitude: null })).toBeNull();
});

it("names sizes with three digits", () => {
  expect([0, 999, 38_215_680, 8e9].map(formatSize)).toEqual(["0 B", "999 B", "38.2 MB", "8 GB"]);
});

it("names what tells one analysis from another", () => {
  const pack = { name: "birdnet", version: "2.4.0", license: null, attribution: null };
  const plain = { floor: 0.05, occurrence_min: null, event_rule: null, channels: "mix" };
  const name = (changed: object) => nameAnalysis({ pack, settings: { ...plain, ...changed } } as Analysis);
  expect(name({})).toBe("birdnet 2.4.0");
  expect(name({ channels: "each", event_rule: { onset_threshold: 0.8 } })).toBe(
    "birdnet 2.4.0, each channel, threshold 0.8",
  );
  expect(name({ channels: 2, occurrence_min: 0.03 })).toBe("birdnet 2.4.0, channel 2, only what occurs there");
});

it("says which clock a moment of the service is of", () => {
  expect(formatMoment("2026-05-03T05:40:02.5Z")).toBe("2026-05-03 05:40 UTC");
});
