import { expect, test } from "vitest";

import { Problem } from "../api/problems";
import { wordFailure } from "./failures";

test("a busy service is asked again when it says so", () => {
  expect(wordFailure(new Problem("busy", 503, "Others are served first", 4))).toEqual({
    words: "The service is busy; trying again in 4 s.",
    retryAfterS: 4,
  });
  expect(wordFailure(new Problem("unavailable", 503, "…")).retryAfterS).toBe(2);
});

test("audio that was removed is told with what to do, and not asked for again", () => {
  const failure = wordFailure(new Problem("audio-removed", 410, "the audio of recording 7 was removed …"));
  expect(failure.words).toContain("Upload the same file again");
  expect(failure.retryAfterS).toBeNull();
});

test("what else goes wrong is told in the service's own words", () => {
  expect(wordFailure(new Problem("undecodable-audio", 422, "No decoder reads this stretch."))).toEqual({
    words: "No decoder reads this stretch.",
    retryAfterS: null,
  });
});
