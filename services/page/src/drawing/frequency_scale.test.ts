import { describe, expect, it } from "vitest";

import { bandAround, formatKhz, frequencyScale, frequencyTicks } from "./frequency_scale";

describe("frequencies", () => {
  it("rise from the bottom to the top", () => {
    const scale = frequencyScale([2000, 10_000], 256);
    expect([scale.toY(2000), scale.toY(6000), scale.toY(10_000)]).toEqual([256, 128, 0]);
    expect([scale.toHz(256), scale.toHz(64)]).toEqual([2000, 8000]);
  });

  it("have ticks at round kilohertz, for frogs as for bats", () => {
    const ticks = (low: number, high: number) => frequencyTicks(frequencyScale([low, high], 256), 28).map(formatKhz);
    expect(ticks(0, 24_000)).toEqual(["0", "5", "10", "15", "20"]);
    expect(ticks(0, 192_000)).toEqual(["0", "50", "100", "150"]);
    expect(ticks(0, 4000)).toEqual(["0", "0.5", "1", "1.5", "2", "2.5", "3", "3.5", "4"]);
    expect(ticks(2100, 2400)).toEqual(["2.1", "2.15", "2.2", "2.25", "2.3", "2.35", "2.4"]);
  });

  it("are zoomed within what there is", () => {
    expect(bandAround(1000, 6000, 24_000)).toEqual([0, 6000]);
    expect(bandAround(23_000, 6000, 24_000)).toEqual([18_000, 24_000]);
    expect(bandAround(5000, 10, 24_000)).toEqual([4900, 5100]);
    expect(bandAround(5000, 90_000, 24_000)).toEqual([0, 24_000]);
  });
});
