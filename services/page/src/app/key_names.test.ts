import { expect, test } from "vitest";

import { isOwnKey, isTyping, nameKey } from "./key_names";

function press(key: string, more: KeyboardEventInit & { altGraph?: boolean } = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, ...more });
  event.getModifierState = (name) => name === "AltGraph" && more.altGraph === true;
  return event;
}

function element(html: string): Element | null {
  document.body.innerHTML = html;
  return document.body.querySelector("[id=it]") ?? document.body.firstElementChild;
}

test("letters mean the same with caps lock; Shift is named where it was held", () => {
  expect(nameKey(press("j"))).toBe("j");
  expect(nameKey(press("J"))).toBe("j");
  expect(nameKey(press("G", { shiftKey: true }))).toBe("Shift+g");
  expect(nameKey(press("ArrowLeft", { shiftKey: true }))).toBe("Shift+ArrowLeft");
});

test("signs are what they are, whether Shift or AltGr was needed for them", () => {
  expect(nameKey(press("?", { shiftKey: true }))).toBe("?");
  expect(nameKey(press("/", { shiftKey: true }))).toBe("/");
  expect(nameKey(press("0", { shiftKey: true }))).toBe("0");
  expect(nameKey(press("[", { ctrlKey: true, altKey: true, altGraph: true }))).toBe("[");
  expect(nameKey(press("[", { altKey: true }), true)).toBe("[");
  expect(nameKey(press("="))).toBe("+");
});

test("with Ctrl, Alt or Meta keys are not ours", () => {
  for (const held of [{ ctrlKey: true }, { altKey: true }, { metaKey: true }]) {
    for (const key of ["j", "[", "ArrowLeft", " "]) expect(nameKey(press(key, held), false)).toBeNull();
  }
  expect(nameKey(press("l", { altKey: true }), true)).toBeNull();
  expect(nameKey(press("j", { ctrlKey: true, altKey: true, altGraph: true }))).toBeNull();
});

test("on a keyboard without Latin letters the place of the key counts", () => {
  expect(nameKey(press("о", { code: "KeyJ" }))).toBe("j");
  expect(nameKey(press("х", { code: "BracketLeft" }))).toBe("[");
});

test("while an input method puts a sign together, nothing happens", () => {
  expect(nameKey(press("j", { isComposing: true }))).toBeNull();
});

test("people type in fields, not on sliders and boxes", () => {
  for (const html of [
    "<input>",
    "<input type=search>",
    "<input type=date>",
    "<textarea></textarea>",
    "<select></select>",
  ]) {
    expect(isTyping(element(html))).toBe(true);
  }
  for (const html of ["<input type=range>", "<input type=checkbox>", "<button></button>", "<p></p>"]) {
    expect(isTyping(element(html))).toBe(false);
  }
});

test("a control keeps its own keys and leaves the others", () => {
  expect(isOwnKey(element("<input type=range>"), "ArrowLeft")).toBe(true);
  expect(isOwnKey(element("<input type=range>"), "Shift+ArrowLeft")).toBe(true);
  expect(isOwnKey(element("<input type=range>"), " ")).toBe(false);
  expect(isOwnKey(element("<input type=range>"), "[")).toBe(false);
  expect(isOwnKey(element("<button><b id=it>x</b></button>"), " ")).toBe(true);
  expect(isOwnKey(element("<a href='/'>x</a>"), " ")).toBe(false);
  expect(isOwnKey(element("<a href='/'>x</a>"), "Enter")).toBe(true);
  expect(isOwnKey(element("<input type=checkbox>"), " ")).toBe(true);
  expect(isOwnKey(element("<p></p>"), " ")).toBe(false);
});
