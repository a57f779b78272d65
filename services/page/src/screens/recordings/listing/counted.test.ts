import { expect, test } from "vitest";

import type { Analysis } from "../../../api/types";
import { chooseAnalyses, withAnalysis } from "./counted";

function analysis(id: string, result: Analysis["result"], pack = "birdnet", finished_at = `2026-05-03T05:40:0${id}Z`) {
  return {
    id,
    result,
    terminal: result !== null,
    finished_at: result === null ? null : finished_at,
    pack: { name: pack },
  } as Analysis;
}

test("the newest analysis with results counts, of the usual pack first", () => {
  const all = [analysis("3", "succeeded", "synthetic"), analysis("2", "partial"), analysis("1", "succeeded")];
  expect(chooseAnalyses(all, "birdnet").counted?.id).toBe("2");
  expect(chooseAnalyses(all, "other").counted?.id).toBe("3");
  expect(chooseAnalyses(all, null)).toMatchObject({ active: null, without: null });
});

test("newest is what finished last, as the service counts, not what was begun last", () => {
  const all = [
    analysis("2", "succeeded", "birdnet", "2026-05-03T05:40:00Z"),
    analysis("1", "succeeded", "birdnet", "2026-05-03T05:40:00.500000Z"),
  ];
  expect(chooseAnalyses(all, "birdnet").counted?.id).toBe("1");
});

test("a failure of the newest is told beside older results, until it is tried again", () => {
  const failed = [analysis("2", "failed"), analysis("1", "succeeded")];
  expect(chooseAnalyses(failed, "birdnet")).toMatchObject({ counted: { id: "1" }, without: { id: "2" } });
  const again = withAnalysis(failed, analysis("2", null));
  expect(again.map((each) => each.id)).toEqual(["2", "1"]);
  expect(chooseAnalyses(again, "birdnet")).toMatchObject({ active: { id: "2" }, counted: { id: "1" }, without: null });
});

test("nothing counts where nothing was analyzed", () => {
  expect(chooseAnalyses([], "birdnet")).toEqual({ active: null, counted: null, without: null });
  expect(chooseAnalyses([analysis("1", "cancelled")], "birdnet")).toMatchObject({
    counted: null,
    without: { id: "1" },
  });
});
