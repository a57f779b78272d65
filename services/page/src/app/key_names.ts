/** Which shortcut a press of a key means, on whatever keyboard; and whether the control that has the focus needs it. */

/** Inputs that are not typed in. */
const UNTYPED = ["checkbox", "radio", "range", "button", "submit", "reset", "file", "color", "image"];
/** On these Space does something by itself: a range has no use for it. */
const PRESSED = "button, summary, [role=button], [role=checkbox], [role=switch], [role=option], [role=menuitem]";
const LINKS = "a[href], button, summary, [role=button], [role=option], [role=menuitem]";
/** Signs that stand on one key with another one, of which only the other was typed. */
const SAME_KEY: Record<string, string> = { "=": "+", _: "-" };
/** Where these stand on keyboards whose letters are not Latin ones. */
const BY_PLACE: Record<string, string> = { BracketLeft: "[", BracketRight: "]", Slash: "/" };

/**
 * Return the shortcut's key, as `j`, `Shift+ArrowLeft`, `[`; null for what is none.
 *
 * Ctrl, Alt and Meta belong to the browser and to screen readers. AltGr, which Windows tells as Ctrl and Alt, and Option
 * on a Mac only choose the sign: `[` lies there on many keyboards.
 */
export function nameKey(event: KeyboardEvent, isMac = navigator.userAgent.includes("Mac OS X")): string | null {
  if (event.isComposing || event.metaKey) return null;
  const isSign = event.key.length === 1 && !/[a-z0-9 ]/i.test(event.key);
  const choosesSign = isSign && (event.getModifierState("AltGraph") || (isMac && event.altKey && !event.ctrlKey));
  if ((event.ctrlKey || event.altKey) && !choosesSign) return null;
  const key = event.key.length > 1 ? event.key : plainKey(event);
  return event.shiftKey && (key.length > 1 || /[a-z ]/.test(key)) ? `Shift+${key}` : key;
}

function plainKey({ key, code }: KeyboardEvent): string {
  const small = key.toLowerCase();
  if (small.charCodeAt(0) < 128) return SAME_KEY[small] ?? small;
  // Cyrillic, Greek, …: the place of the key counts.
  return /^Key[A-Z]$/.test(code) ? code.slice(3).toLowerCase() : (BY_PLACE[code] ?? small);
}

/** Return whether somebody types there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !UNTYPED.includes(target.type);
  return target.isContentEditable || target.matches("textarea, select, [role=textbox], [role=combobox]");
}

/** Return whether the focused control does something with the key by itself. */
export function isOwnKey(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  const isInput = target instanceof HTMLInputElement;
  if (key === " ") return (isInput && target.type !== "range") || target.closest(PRESSED) !== null;
  if (key === "Enter") return (isInput && target.type !== "range") || target.closest(LINKS) !== null;
  return isInput && ["range", "radio"].includes(target.type) && /^(Shift\+)?(Arrow|Page|Home|End)/.test(key);
}
