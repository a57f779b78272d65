import { expect, test } from "vitest";

import { chosenScopes, describeScopes } from "./scopes";

test("scopes are said in words, and that of everything alone", () => {
  expect(describeScopes(["read", "upload"])).toBe("look and listen, upload and correct");
  expect(describeScopes(["upload", "read"])).toBe("look and listen, upload and correct");
  expect(describeScopes(["read", "admin"])).toBe("do everything");
});

test("a key for everything needs no other scope", () => {
  expect(chosenScopes(new Set(["upload", "read"]))).toEqual(["read", "upload"]);
  expect(chosenScopes(new Set(["upload", "admin"]))).toEqual(["admin"]);
});
