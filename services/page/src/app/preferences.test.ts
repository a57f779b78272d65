import { beforeEach, expect, test } from "vitest";

import { kept } from "./preferences";

beforeEach(() => localStorage.clear());

test("a choice is found again", () => {
  kept("a", "light", ["light", "dark"]).value = "dark";
  expect(kept("a", "light", ["light", "dark"]).value).toBe("dark");
});

test("what makes no sense is not believed", () => {
  for (const stored of ["{", '"blue"', "7", "null"]) {
    localStorage.setItem("dawn-chorus.b", stored);
    expect(kept("b", "light", ["light", "dark"]).value).toBe("light");
  }
});

test("a choice in another tab holds here too", () => {
  const loud = kept("c", 0);
  window.dispatchEvent(new StorageEvent("storage", { key: "dawn-chorus.c", newValue: "6" }));
  expect(loud.value).toBe(6);
});
