import { expect, it } from "vitest";

import type { Analysis } from "../../api/types";
import { chooseAnalysis, needsDefaultPack } from "./which_analysis";

function analysis(id: string, result: Analysis["result"], pack = "birdnet"): Analysis {
  return { id, result, pack: { name: pack }, created_at: `2026-05-0${id}T00:00:00Z` } as Analysis;
}

it("looks at the newest analysis that has results", () => {
  const all = [analysis("1", "succeeded"), analysis("3", "failed"), analysis("2", "partial"), analysis("4", null)];
  expect(chooseAnalysis(all)?.id).toBe("2");
});

it("looks at the default pack's before that of other packs", () => {
  const all = [analysis("1", "succeeded"), analysis("2", "succeeded", "other")];
  expect(chooseAnalysis(all, null, "birdnet")?.id).toBe("1");
  expect(chooseAnalysis(all, null, "missing")?.id).toBe("2");
});

it("looks at the one that is asked for, whatever became of it", () => {
  const all = [analysis("1", "failed"), analysis("2", "succeeded")];
  expect(chooseAnalysis(all, "1")?.id).toBe("1");
  expect(chooseAnalysis(all, "9")?.id).toBe("2");
});

it("looks at the newest where none has results, and at none where there is none", () => {
  expect(chooseAnalysis([analysis("1", null), analysis("2", "failed")])?.id).toBe("2");
  expect(chooseAnalysis([])).toBeNull();
});

it("needs to know the default pack only where several packs have results", () => {
  expect(needsDefaultPack([analysis("1", "succeeded"), analysis("2", "failed", "other")])).toBe(false);
  expect(needsDefaultPack([analysis("1", "succeeded"), analysis("2", "partial", "other")])).toBe(true);
});
