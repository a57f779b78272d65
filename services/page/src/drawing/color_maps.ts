/** Color maps for spectrograms, as tables that turn a level of 8 bit into a pixel. */

export type MapName = "gray" | "magma" | "viridis";
type Color = readonly [red: number, green: number, blue: number];

/** Magma and viridis of matplotlib (CC0), in 16 even steps. */
const STOPS = {
  magma:
    "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 fec287 fde0a1 fcfdbf",
  viridis:
    "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 d5e21a fde725",
};
/** On paper, sounds are dark; in the dark they are light. */
const GRAYS = { light: "ffffff dcdddc 9b9d9c 575a58 101312", dark: "101211 2c2f2e 646866 a6aaa8 f4f6f5" };

/** What lies behind a map's pictures: the color of no sound. */
export function quietest(name: MapName, isDark: boolean): string {
  return `rgb(${stopsOf(name, isDark)[0]?.join(", ") ?? "0, 0, 0"})`;
}

/** The color at a share of the way from quiet to loud. */
export function colorAt(name: MapName, isDark: boolean, share: number): Color {
  const stops = stopsOf(name, isDark);
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const first = Math.min(Math.floor(place), stops.length - 2);
  const [a, b] = [stops[first] ?? [0, 0, 0], stops[first + 1] ?? [0, 0, 0]];
  const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * (place - first));
  return [mix(0), mix(1), mix(2)];
}

/**
 * Return the pixels of the 256 levels, in the order of `ImageData`'s bytes: levels up to `low` are quiet, from `high` on
 * loud, and level 0, no sound at all, is transparent.
 */
export function levelTable(name: MapName, isDark: boolean, low: number, high: number): Uint32Array {
  const table = new Uint32Array(256);
  const bytes = new Uint8Array(table.buffer);
  for (let level = 1; level < 256; level++) {
    bytes.set([...colorAt(name, isDark, (level - low) / Math.max(high - low, 1)), 255], 4 * level);
  }
  return table;
}

function stopsOf(name: MapName, isDark: boolean): Color[] {
  const stops = name === "gray" ? GRAYS[isDark ? "dark" : "light"] : STOPS[name];
  return stops.split(" ").map((hex) => {
    const value = parseInt(hex, 16);
    return [value >> 16, (value >> 8) & 255, value & 255];
  });
}
