/** What a person chose once and finds again in this browser. */
import { effect, signal, type Signal } from "@preact/signals";

function kept<T extends string | number | boolean>(name: string, usual: T, allowed?: readonly T[]): Signal<T> {
  const key = `dawn-chorus.${name}`;
  const chosen = signal<T>(usual);
  const stored = localStorage.getItem(key);
  if (stored !== null) {
    const value = JSON.parse(stored) as T;
    if (typeof value === typeof usual && (allowed === undefined || allowed.includes(value))) chosen.value = value;
  }
  effect(() => localStorage.setItem(key, JSON.stringify(chosen.value)));
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
export const gainDb = kept<number>("gain", 0);
/** Frequencies below are left out of the sound that is played; 0: none. */
export const highPassHz = kept<number>("high-pass", 0);
export const isLooping = kept<boolean>("loop", false);
