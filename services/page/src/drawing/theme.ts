/** The page's colors for canvases: `light-dark()` in a custom property reaches a canvas as nothing. */
import { computed, signal } from "@preact/signals";

import { colorScheme } from "../app/preferences";

const darkMedia = window.matchMedia("(prefers-color-scheme: dark)");
const systemIsDark = signal(darkMedia.matches);
darkMedia.addEventListener("change", () => (systemIsDark.value = darkMedia.matches));

export const isDark = computed(() =>
  colorScheme.value === "system" ? systemIsDark.value : colorScheme.value === "dark",
);

let probe: HTMLElement | null = null;
const known = new Map<string, string>();

/** Return a token's color as a canvas takes it, as `rgb(11, 107, 93)`; reads the scheme, so that a drawing follows it. */
export function resolveColor(token: string): string {
  const key = `${token} ${String(isDark.value)}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  if (probe === null) {
    probe = document.createElement("span");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${token})`;
  // The attribute that switches the scheme may be set after this: say the scheme here, too.
  probe.style.colorScheme = isDark.value ? "dark" : "light";
  const color = getComputedStyle(probe).color;
  known.set(key, color);
  return color;
}
