/** What a person chose once and finds again in this browser. */
import { effect, signal, type Signal } from "@preact/signals";

type Value = string | number | boolean;

/** Return a signal that remembers its value; the usual one where nothing sensible is remembered. */
export function kept<T extends Value>(name: string, usual: T, allowed?: readonly T[]): Signal<T> {
  const key = `dawn-chorus.${name}`;
  const chosen = signal<T>(usual);
  const adopt = (text: string | null) => {
    const value = parse(text) as T;
    if (typeof value === typeof usual && (allowed === undefined || allowed.includes(value))) chosen.value = value;
  };
  adopt(read(key));
  effect(() => write(key, JSON.stringify(chosen.value)));
  // Chosen in another tab.
  window.addEventListener("storage", (event) => {
    if (event.key === key) adopt(event.newValue);
  });
  return chosen;
}

/** Times as the recorder's clock showed them, or as position in the recording. */
export const timeMode = kept<"clock" | "position">("time", "clock", ["clock", "position"]);
export const colorScheme = kept<"system" | "light" | "dark">("scheme", "system", ["system", "light", "dark"]);
export const colorMap = kept<"gray" | "magma" | "viridis">("map", "gray", ["gray", "magma", "viridis"]);
/** Whether single keys do something: screen readers and speech input need them off. */
export const hasShortcuts = kept<boolean>("shortcuts", true);
/** Hide what was detected of human voices, from lists, exports and clips. */
export const hidesVoices = kept<boolean>("voices-hidden", false);
/** Decibels added to the sound that is played. */
export const gainDb = kept<number>("gain", 0, [0, 6, 12, 18, 24, 30, 36]);
/** Frequencies below are left out of the sound that is played; 0: none. */
export const highPassHz = kept<number>("high-pass", 0, [0, 200, 500, 1000, 2000]);
export const isLooping = kept<boolean>("loop", false);

// A browser that keeps nothing (private windows, blocked storage) throws: then choices last as long as the page.
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    return;
  }
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
