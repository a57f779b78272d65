import { describe, expect, it } from "vitest";

import type { Analysis } from "../../api/types";
import { chooseAnalysis, Looking, needsDefaultPack } from "./which_analysis";

function analysis(id: string, result: Analysis["result"], pack = "birdnet"): Analysis {
  const at = `2026-05-0${id}T00:00:00Z`;
  return { id, result, pack: { name: pack }, created_at: at, finished_at: at } as Analysis;
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

describe("what is looked at", () => {
  const first = analysis("1", "succeeded");

  it("stays when a newer one finishes, which is told", () => {
    const looking = new Looking();
    expect(looking.look([first, analysis("2", null)], null, null)).toEqual({ analysis: first, newer: null });
    const newer = analysis("2", "partial");
    expect(looking.look([first, newer], null, null)).toEqual({ analysis: first, newer });
    expect(looking.look([first, newer], "2", null)).toEqual({ analysis: newer, newer: null });
    expect(looking.look([first, newer], null, null).analysis).toEqual(first);
  });

  it("stays though it is tried again; what was there before is not newer", () => {
    const looking = new Looking();
    const latest = analysis("2", "partial");
    expect(looking.look([first, latest], null, null).analysis).toBe(latest);
    const again = analysis("2", null);
    expect(looking.look([first, again], null, null)).toEqual({ analysis: again, newer: null });
  });

  it("is the first there is where there was none, and another where it is gone", () => {
    const looking = new Looking();
    expect(looking.look([], null, null)).toEqual({ analysis: null, newer: null });
    const running = analysis("1", null);
    expect(looking.look([running], null, null).analysis).toBe(running);
    expect(looking.look([analysis("2", null)], null, null).analysis?.id).toBe("2");
  });

  it("is not told of one of another pack that does not count", () => {
    const looking = new Looking();
    looking.look([first], null, "birdnet");
    expect(looking.look([first, analysis("2", "succeeded", "other")], null, "birdnet").newer).toBeNull();
  });
});
