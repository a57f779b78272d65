/** Single keys: never with Ctrl, Alt or Meta, never while somebody types, and only while they are switched on. */
import { batch, signal } from "@preact/signals";
import { options, type RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

import { isOwnKey, isTyping, nameKey } from "./key_names";
import { hasShortcuts } from "./preferences";

export interface Shortcut {
  /** As `KeyboardEvent.key` has it; letters in lower case. `Shift+` before it where Shift is needed. */
  key: string;
  /** What it does, for the help: "Play or pause". */
  does: string;
  run: () => void;
  /** Once for each press, however long the key is held. */
  once?: boolean;
}

type Slot = RefObject<readonly Shortcut[]>;
/** Of each component that is shown and has some, the latest last. */
const slots = signal<readonly Slot[]>([]);

/** All keys that do something now, in the order of the views; of the same key the latest. */
export function activeShortcuts(): Shortcut[] {
  const found = new Map<string, Shortcut>();
  for (const each of slots.value.flatMap((slot) => slot.current)) found.set(each.key, each);
  return [...found.values()];
}

/** Have these keys work while the component is shown; of the same key the latest wins. */
export function useShortcuts(shortcuts: readonly Shortcut[]): void {
  const slot = useRef(shortcuts);
  slot.current = shortcuts;
  // Before anybody sees it: a key that is pressed at once must not be lost.
  useLayoutEffect(() => {
    slots.value = [...slots.value, slot];
    return () => (slots.value = slots.value.filter((each) => each !== slot));
  }, []);
}

/** Behind a dialog that must be answered first nothing happens; Esc closes what is open before anything else. */
function isCovered(key: string): boolean {
  const open = key === "Escape" ? ":modal, :popover-open" : ":modal";
  return document.querySelector(open) !== null;
}

document.addEventListener("keydown", (event) => {
  const key = nameKey(event);
  if (key === null || event.defaultPrevented || !(hasShortcuts.value || key === "Escape")) return;
  if (isTyping(event.target) || isOwnKey(event.target, key) || isCovered(key)) return;
  const found = activeShortcuts().find((each) => each.key === key);
  if (found === undefined) return;
  event.preventDefault();
  if (!event.repeat || found.once !== true) runAtOnce(found.run);
});

/** What a key changes is drawn before the next key comes: whoever types fast means what will be there. */
function runAtOnce(run: () => void): void {
  options.debounceRendering = (draw) => draw();
  try {
    batch(run);
  } finally {
    delete options.debounceRendering;
  }
}
