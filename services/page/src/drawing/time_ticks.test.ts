import { describe, expect, it } from "vitest";

import { timeScale } from "./time_scale";
import { timeTicks } from "./time_ticks";

const measure = (text: string) => 7 * text.length;
const START = "2026-05-03T22:30:10.500+02:00";

function labels(start_s: number, span_s: number, start: string | null, width = 800): string[] {
  return timeTicks(timeScale(start_s, span_s, width), start, measure)
    .map((tick) => tick.label)
    .filter((label) => label !== "");
}

describe("timeTicks", () => {
  it("lie at round times of the recorder's clock", () => {
    expect(labels(0, 60, START)).toEqual(["22:30:20", "22:30:30", "22:30:40", "22:30:50", "22:31:00"]);
  });

  it("lie at round positions where there is no clock", () => {
    expect(labels(0, 60, null)).toEqual([
      "0:05",
      "0:10",
      "0:15",
      "0:20",
      "0:25",
      "0:30",
      "0:35",
      "0:40",
      "0:45",
      "0:50",
      "0:55",
    ]);
  });

  it("name the day at midnight", () => {
    const ticks = timeTicks(timeScale(0, 86_400, 800), START, measure);
    const days = ticks.filter((tick) => tick.isDay);
    expect(days.map((tick) => [tick.time_s, tick.label])).toEqual([[86_400 - 81_010.5, "4 May"]]);
    expect(labels(0, 86_400, START)).toContain("06:00");
  });

  it("tell the next day of one that passes in the middle of a second's stretch", () => {
    expect(labels(5389, 1, START)).toContain("4 May");
  });

  it("show parts of seconds when near", () => {
    expect(labels(2, 0.5, null, 320)).toEqual(["2.1", "2.2", "2.3", "2.4"].map((each) => `0:0${each}`));
  });

  it.each([0.5, 0.7, 1, 3, 17, 60, 250, 1000, 3600, 10_000, 40_000, 86_400, 200_000])(
    "never overlap or leave the plot, over %s s",
    (span_s) => {
      for (const start of [START, null]) {
        for (const width of [300, 734, 1600]) {
          const ticks = timeTicks(timeScale(span_s / 7, span_s, width), start, measure);
          const boxes = ticks
            .filter((tick) => tick.label !== "")
            .map((tick) => [tick.x - measure(tick.label) / 2, tick.x + measure(tick.label) / 2] as const);
          expect(boxes.length).toBeGreaterThan(0);
          expect(ticks.length).toBeLessThan(width / 6);
          boxes.forEach(([left, right], i) => {
            expect(left).toBeGreaterThanOrEqual(i === 0 ? 0 : (boxes[i - 1]?.[1] ?? 0) + 4);
            expect(right).toBeLessThanOrEqual(width);
          });
        }
      }
    },
  );
});
