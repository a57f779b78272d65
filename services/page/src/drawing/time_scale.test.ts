import { describe, expect, it } from "vitest";

import { sharp, timeScale } from "./time_scale";

describe("timeScale", () => {
  const scale = timeScale(10, 20, 800);

  it("puts the ends of the stretch at the edges of the plot", () => {
    expect([scale.toX(10), scale.toX(20), scale.toX(30)]).toEqual([0, 400, 800]);
    expect([scale.toSeconds(0), scale.toSeconds(400), scale.toSeconds(800)]).toEqual([10, 20, 30]);
  });

  it("goes on beyond the plot", () => {
    expect(scale.toX(5)).toBe(-200);
    expect(scale.toSeconds(1000)).toBe(35);
  });

  it("puts a line of one pixel in the middle of a pixel", () => {
    expect([sharp(3), sharp(3.9)]).toEqual([3.5, 3.5]);
  });
});
