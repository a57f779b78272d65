import { describe, expect, it } from "vitest";

import { colorAt, levelTable, quietest, type MapName } from "./color_maps";

const NAMES: MapName[] = ["gray", "magma", "viridis"];

function lightness([red, green, blue]: readonly [number, number, number]): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("color maps", () => {
  it("go one way from quiet to loud, so that the louder of two sounds is seen", () => {
    for (const isDark of [false, true]) {
      for (const name of NAMES) {
        const steps = Array.from({ length: 65 }, (_, i) => lightness(colorAt(name, isDark, i / 64)));
        const sign = name === "gray" && !isDark ? -1 : 1;
        steps.slice(1).forEach((step, i) => expect(sign * (step - (steps[i] ?? 0))).toBeGreaterThan(0));
      }
    }
  });

  it("are dark on light on paper, and light on dark in the dark", () => {
    expect(quietest("gray", false)).toBe("rgb(255, 255, 255)");
    expect(quietest("gray", true)).toBe("rgb(16, 18, 17)");
    expect(quietest("magma", false)).toBe("rgb(0, 0, 4)");
  });

  it("stretch what lies between the two levels, and leave out where there is no sound", () => {
    const bytes = new Uint8Array(levelTable("viridis", false, 100, 200).buffer);
    const pixel = (level: number) => [...bytes.slice(4 * level, 4 * level + 4)];
    expect(pixel(0)).toEqual([0, 0, 0, 0]);
    expect(pixel(1)).toEqual([0x44, 0x01, 0x54, 255]);
    expect(pixel(100)).toEqual([0x44, 0x01, 0x54, 255]);
    expect(pixel(150)).toEqual([0x21, 0x91, 0x8c, 255]);
    expect(pixel(255)).toEqual([0xfd, 0xe7, 0x25, 255]);
  });
});
