import { expect, test } from "vitest";

import { sayLack } from "./export_words";

function counted(count: number, inPackage: number, is_exact = true) {
  return {
    count,
    is_exact,
    packages: { "camtrap-dp": { count: inPackage, left_out: { "no place": count - inPackage } } },
  };
}

test("what a package would lack is told, with what to do", () => {
  expect(sayLack(counted(1240, 1240), "camtrap-dp")).toBeNull();
  expect(sayLack(counted(1240, 1200), "csv")).toBeNull();
  expect(sayLack(counted(1240, 1200), "camtrap-dp")).toEqual({
    text:
      "40 of the 1,240 would be left out: 40 without a place. " +
      "Select their recordings in the list to give them a place or a start.",
    isAll: false,
  });
  expect(sayLack(counted(3, 0), "camtrap-dp")).toMatchObject({ isAll: true });
});

test("where there are more than are counted, the others may well be in it", () => {
  const lack = sayLack(counted(10_000, 0, false), "camtrap-dp");
  expect(lack?.text).toContain("None of the latest 10,000 would be in it: 10,000 without a place.");
  expect(lack?.isAll).toBe(false);
});
