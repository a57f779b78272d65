/** How levels become colors, in the map and the scheme that were chosen. */
import type { Spectrogram } from "../api/types";
import { colorMap } from "../app/preferences";
import { levelTable } from "../drawing/color_maps";
import { isDark } from "../drawing/theme";
import type { Look } from "./tile_picture";

/** Return the look with sounds seen from the lower level on, and at their darkest from the upper one on. */
export function lookOf(about: Spectrogram | null, [low_db, high_db]: readonly [number, number]): Look {
  const [least, most] = [about?.min_db ?? -127.5, about?.max_db ?? 0];
  const level = (db: number) => (255 * (db - least)) / (most - least);
  const name = `${colorMap.value} ${String(isDark.value)} ${low_db} ${high_db}`;
  return { name, table: levelTable(colorMap.value, isDark.value, level(low_db), level(high_db)) };
}
