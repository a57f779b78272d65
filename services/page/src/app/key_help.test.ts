import { expect, test } from "vitest";

import { groupKeys, keyCaps } from "./key_help";

const shortcut = (key: string) => ({ key, does: key, run: () => undefined });

test("keys stand in groups, in a fixed order, whatever view was there first", () => {
  const groups = groupKeys(["?", "l", "q", " ", "z"].map(shortcut));
  expect(groups.map(({ title, shortcuts }) => [title, shortcuts.map(({ key }) => key)])).toEqual([
    ["Listen", [" ", "l"]],
    ["Everywhere", ["z", "?", "q"]],
  ]);
});

test("of two keys that do the same the usual one is shown", () => {
  const zoom = (key: string) => ({ ...shortcut(key), does: "Zoom in" });
  expect(groupKeys([zoom("="), zoom("+")])).toEqual([
    { title: "Look", shortcuts: [expect.objectContaining({ key: "+" })] },
  ]);
});

test("keys are named as they are on the keyboard", () => {
  expect(keyCaps("Shift+ArrowLeft")).toEqual(["Shift", "←"]);
  expect(keyCaps(" ")).toEqual(["Space"]);
  expect(keyCaps("j")).toEqual(["J"]);
  expect(keyCaps("+")).toEqual(["+"]);
});
