import { expect, test } from "vitest";

import type { UploadFacts } from "../../../api/types";
import { asksForZone, type Candidate, chosenReading, readUnclearHour, shownClock } from "./start";

const NAME: Candidate = { local: "2024-05-04T04:30:00", offset: null, source: "name", certain: false };
const HEADER: Candidate = { local: "2024-05-04T05:00:00.5", offset: null, source: "header", certain: false };
const EXACT: Candidate = { local: "2024-05-04T06:00:00", offset: "+02:00", source: "name", certain: true };

function facts(...start_candidates: Candidate[]): UploadFacts {
  return {
    filename: "a.wav",
    complete: true,
    format: "wav/pcm_16",
    duration_s: 1,
    sample_rate_hz: 48000,
    channels: 1,
    recorder: null,
    start_candidates,
    place: null,
  };
}

test("a zone is asked for only where there is a clock and none says its own", () => {
  expect([facts(), null, facts(HEADER, EXACT), facts(HEADER, NAME)].map(asksForZone)).toEqual([
    false,
    false,
    false,
    true,
  ]);
});

test("the clock with its zone counts before others, else the best", () => {
  expect(chosenReading(facts(HEADER, EXACT))).toBe(EXACT);
  expect(chosenReading(facts(HEADER, NAME))).toBe(HEADER);
  expect(chosenReading(facts())).toBeNull();
  expect(shownClock(HEADER)).toBe("2024-05-04 05:00:00");
});

test("both instants of an unclear hour are read from the refusal", () => {
  const detail =
    "time_zone: 2024-10-27 02:30:00 comes twice in Europe/Berlin: it may be 2024-10-27T02:30:00+02:00 or " +
    "2024-10-27T02:30:00+01:00; say which by recorded_at";
  expect(readUnclearHour(detail)).toEqual({
    text: "2024-10-27 02:30:00 comes twice in Europe/Berlin.",
    instants: ["2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00"],
  });
  expect(readUnclearHour("latitude: Input should be less than or equal to 90")).toBeNull();
});
