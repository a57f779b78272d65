/** Whether the help on the keyboard is shown, and its keys in the order in which a listener meets them. */
import { signal } from "@preact/signals";

import type { Shortcut } from "./shortcuts";

export const isHelpOpen = signal(false);

/** Headings, and the keys that stand below each; what none of them names stands below the last. */
const GROUPS: readonly [title: string, keys: readonly string[]][] = [
  ["Listen", [" ", "ArrowLeft", "ArrowRight", "Shift+ArrowLeft", "Shift+ArrowRight", "r", "l", "g", "t"]],
  ["Look", ["+", "-", "0", "f", "Shift+f", "Shift+ArrowUp", "Shift+ArrowDown"]],
  ["Events", ["j", "k", "[", "]", "ArrowUp", "ArrowDown", "Enter", "y", "n", "u", "c", "s", "m"]],
  ["Everywhere", ["z", "/", "?", "Escape"]],
];
const NAMES: Record<string, string> = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
  "-": "−",
};

export interface KeyGroup {
  title: string;
  shortcuts: Shortcut[];
}

/** Return the keys that do something now, in groups; empty groups and second keys for the same are left out. */
export function groupKeys(all: readonly Shortcut[]): KeyGroup[] {
  const known = GROUPS.flatMap(([, keys]) => keys);
  const ordered = [...all].sort((one, other) => Number(known.includes(other.key)) - Number(known.includes(one.key)));
  const active = ordered.filter((each, n) => ordered.findIndex(({ does }) => does === each.does) === n);
  return GROUPS.map(([title, keys], n) => {
    const named = keys.flatMap((key) => active.filter((each) => each.key === key));
    const others = n < GROUPS.length - 1 ? [] : active.filter((each) => !known.includes(each.key));
    return { title, shortcuts: [...named, ...others] };
  }).filter(({ shortcuts }) => shortcuts.length > 0);
}

/** Return what stands on the keys to press, one after the other: `Shift`, `←`. */
export function keyCaps(key: string): string[] {
  const parts = key.startsWith("Shift+") ? ["Shift", key.slice("Shift+".length)] : [key];
  return parts.map((part) => NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part));
}
