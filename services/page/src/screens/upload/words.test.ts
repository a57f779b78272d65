import { expect, test } from "vitest";

import { listed, notReadable, notSound } from "./words";

test("names are listed as people say them, and many are counted", () => {
  expect(listed(["a"])).toBe("a");
  expect(listed(["a", "b"])).toBe("a and b");
  expect(listed(["a", "b", "c", "d"])).toBe("a, b, c and d");
  expect(listed(Array<string>(15).fill("a"))).toBe("a, a, a and 12 more");
});

test("what is left out is said in plain words", () => {
  expect(notSound(["notes.txt"])).toBe("notes.txt is not a sound recording and was left out.");
  expect(notSound(["a.txt", "b.txt"])).toBe("a.txt and b.txt are not sound recordings and were left out.");
  expect(notReadable(["DATA"])).toMatch(/^DATA could not be read and was left out\./);
});
