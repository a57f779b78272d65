import { expect, test } from "vitest";

import { Problem } from "../../../api/problems";
import { heldUp, refused } from "./refusal_words";

test("what holds a file up is said, and when it goes on", () => {
  expect(heldUp(new Problem("too-many-requests", 429, "too many; retry in 7 s", 7))).toBe(
    "The service has too much to do at once. It goes on by itself after 7 seconds.",
  );
  expect(heldUp(new Problem("upload-stalled", 408, "The upload came to a standstill"))).toBe(
    "The line was too slow for the service. It goes on by itself.",
  );
  expect(heldUp(new Problem("unreachable", 0, ""))).toBe("The line was cut. It goes on by itself.");
  expect(heldUp(new Problem("unauthenticated", 401, ""))).toBe("It goes on once you are signed in.");
});

test("a file that is too large is told the limit and what can be done", () => {
  expect(refused(new Problem("too-large", 413, "A file may have at most 5368709120 bytes"))).toBe(
    "A file may have at most 5.4 GB. Split the file, or ask whoever runs the service to raise the limit.",
  );
  expect(refused(new Problem("", 413, "The service answered 413."))).toMatch(/^Something before the service takes no/);
});
