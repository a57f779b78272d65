/** Single keys: never with Ctrl, Alt or Meta, never while somebody types, and only while they are switched on. */
import { useEffect } from "preact/hooks";

import { hasShortcuts } from "./preferences";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it; letters in lower case. `Shift+` before it where Shift is needed. */
  key: string;
  /** What it does, for the help: "Play or pause". */
  does: string;
  run: () => void;
}

const groups: (readonly Shortcut[])[] = [];

/** All keys that do something now, the latest first, for the help. */
export function activeShortcuts(): Shortcut[] {
  const found = new Map<string, Shortcut>();
  for (const each of groups.flat()) found.set(each.key, each);
  return [...found.values()].reverse();
}

/** Have these keys work while the component is shown; the latest come first. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    groups.push(shortcuts);
    return () => void groups.splice(groups.indexOf(shortcuts), 1);
  });
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement)
    return !["checkbox", "radio", "range", "button", "submit"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** A focused control keeps the keys that it uses itself. */
function isOwnKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (key === " " || key === "Enter") return target.closest("button, a, summary, input, [role=option]") !== null;
  return target instanceof HTMLInputElement && /^(Arrow|Page|Home|End)/.test(key);
}

document.addEventListener("keydown", (event) => {
  if (!hasShortcuts.value || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  if (isTyping(event.target) || isOwnKey(event.target, event.key)) return;
  const plain = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const named = event.shiftKey && (event.key.length > 1 || /[a-z]/i.test(event.key)) ? `Shift+${plain}` : plain;
  const found = activeShortcuts().find(({ key }) => key === named);
  if (found === undefined) return;
  event.preventDefault();
  found.run();
});
