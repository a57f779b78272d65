import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { reviewOf, wholeMs } from "./review_of";

interface GoldenCase {
  name: string;
  reviews: [id: string, onset_ms: number, offset_ms: number, reviewed_at: string][];
  events: [onset_s: number, offset_s: number, shown: number | null][];
}

const GOLDEN = `${import.meta.dirname}/../../../../tests/unit/domain/review/golden_matches.json`;
const golden = JSON.parse(readFileSync(GOLDEN, "utf8")) as { whole_ms: [number, number][]; cases: GoldenCase[] };

test.each(golden.whole_ms)("%d s is %d ms, as Python says", (position_s, ms) => {
  expect(wholeMs(position_s)).toBe(ms);
});

test.each(golden.cases)("shows the review that Python shows: $name", ({ reviews, events }) => {
  const known = reviews.map(([id, onset_ms, offset_ms, reviewed_at]) => ({
    id,
    onset_s: onset_ms / 1000,
    offset_s: offset_ms / 1000,
    reviewed_at,
  }));
  // In whatever order they are listed.
  for (const listed of [known, known.toReversed()])
    expect(
      events.map(([onset_s, offset_s]) => {
        const shown = reviewOf(listed, onset_s, offset_s);
        return shown === null ? null : known.indexOf(shown);
      }),
    ).toEqual(events.map(([, , shown]) => shown));
});
