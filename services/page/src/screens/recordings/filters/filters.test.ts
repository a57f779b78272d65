import { expect, test } from "vitest";

import type { Recording } from "../../../api/types";
import { isWithinDays, pageUrl, readFilters } from "./filters";

test("what the address says is asked of the service, and nothing else", () => {
  const filters = readFilters(new URLSearchParams("q=%20marsh%20&result=failed&site=&t=3&taxon=Turdus+merula"));
  expect(filters).toEqual({ q: "marsh", result: "failed", taxon: "Turdus merula" });
  expect(pageUrl(filters, "abc", 50)).toBe(
    "/v1/recordings?q=marsh&result=failed&taxon=Turdus+merula&cursor=abc&limit=50",
  );
});

test("days are those of the recorder's clock, wherever it stood", () => {
  const filters = { from: "2026-05-03", to: "2026-05-03" };
  const asked = new URL(pageUrl(filters, null), "http://here").searchParams;
  expect(asked.get("recorded_after")).toBe("2026-05-03T00:00:00+14:00");
  expect(asked.get("recorded_before")).toBe("2026-05-04T00:00:00-12:00");
  const at = (recorded_at: string | null) => isWithinDays({ recorded_at } as Recording, filters);
  expect(at("2026-05-03T00:00:00+10:00")).toBe(true);
  expect(at("2026-05-03T23:59:59-07:00")).toBe(true);
  expect(at("2026-05-02T23:30:00-07:00")).toBe(false);
  expect(at("2026-05-04T00:30:00+10:00")).toBe(false);
  expect(at(null)).toBe(false);
});

test("a moment with its offset is asked as it is", () => {
  const asked = new URL(pageUrl({ from: "2026-05-03T04:30:00+02:00" }, null), "http://here").searchParams;
  expect(asked.get("recorded_after")).toBe("2026-05-03T04:30:00+02:00");
});
