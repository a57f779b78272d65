import { expect, test } from "vitest";

import { Places } from "./places";

test("no more than there are places go at once, and those in a hurry go first", async () => {
  const places = new Places(2);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const go = (name: string, isUrgent = false) =>
    places.run(() => {
      begun.push(name);
      return new Promise<void>((end) => ends.push(end));
    }, isUrgent);
  const all = [go("a"), go("b"), go("c"), go("d", true)];
  expect(begun).toEqual(["a", "b"]);
  for (let n = 0; n < 4; n += 1) {
    ends.shift()?.();
    await new Promise((done) => setTimeout(done));
  }
  await Promise.all(all);
  expect(begun).toEqual(["a", "b", "d", "c"]);
});

test("what fails gives its place back", async () => {
  const places = new Places(1);
  await expect(places.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await places.run(() => Promise.resolve("yes"))).toBe("yes");
});
