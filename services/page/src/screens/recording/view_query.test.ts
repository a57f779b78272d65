import { describe, expect, it } from "vitest";

import { readView, writeView, type View } from "./view_query";

const NONE: View = { t: null, span: null, threshold: null, taxon: null, hz: null, db: null, channel: null };
const LIMITS = { duration_s: 10, sample_rate_hz: 48_000, channels: 2 };

function read(text: string) {
  return readView(new URLSearchParams(text), LIMITS);
}

describe("a view in the query", () => {
  it("is read as it was written", () => {
    const view: View = {
      t: 1.5,
      span: 0.5,
      threshold: 0.125,
      taxon: "eurbla",
      hz: [1500.5, 8000],
      db: [-92.5, -41],
      channel: 2,
    };
    const parts = Object.entries(writeView(view)).map(([name, value]) => [name, value ?? ""]);
    expect(readView(new URLSearchParams(parts), LIMITS)).toEqual({ view, refused: [] });
  });

  it("says a threshold exactly: rounded, it would cut other events", () => {
    expect(writeView({ ...NONE, t: 1.23456, threshold: 0.12345 })).toMatchObject({ t: "1.235", threshold: "0.12345" });
  });

  it("keeps levels below zero apart", () => {
    expect(writeView({ ...NONE, db: [-90, -40] }).db).toBe("-90--40");
    expect(read("db=-90--40").view.db).toEqual([-90, -40]);
    expect(read("db=-20-0").view.db).toEqual([-20, 0]);
  });

  it.each([
    ["hz=8000-2000", "the lower first"],
    ["hz=2000-30000", "between 0 and 24000"],
    ["hz=2000", "two frequencies"],
    ["db=loud-soft", "two levels in dB"],
    ["channel=3", "from 1 to 2"],
    ["channel=1.5", "from 1 to 2"],
  ])("%s is refused in words and shows all", (text, words) => {
    const { view, refused } = read(text);
    expect(view).toEqual(NONE);
    expect(refused.join()).toContain(words);
  });
});
