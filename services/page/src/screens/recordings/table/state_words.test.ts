import { expect, test } from "vitest";

import type { Analysis } from "../../../api/types";
import { sayFailure, sayState, sayWarnings, shareDone } from "./state_words";

function analysis(facts: Partial<Analysis>): Analysis {
  const usual = { state: "finished", segments_done: 0, segments_failed: 0, segments_total: 4, eta_s: null };
  return {
    ...usual,
    analyzed_s: 0,
    duration_s: 1200,
    failures: [],
    failures_total: 0,
    warnings: [],
    ...facts,
  } as Analysis;
}

test("progress counts what failed as over, and estimates are not told to the second", () => {
  const running = analysis({ state: "running", segments_done: 2, segments_failed: 1, eta_s: 4300 });
  expect(sayState(running)).toMatchObject({ text: "Analyzing", detail: "3 of 4 parts", left: "about 1 h 15 min left" });
  expect(shareDone(running)).toBe(0.75);
  expect(sayState({ ...running, eta_s: 150 }).left).toBe("about 3 min left");
  expect(sayState({ ...running, eta_s: 20 }).left).toBe("under 1 min left");
  expect(sayState({ ...running, eta_s: null }).left).toBeNull();
});

test("each end has its word", () => {
  const said = (result: Analysis["result"], analyzed_s = 0) => {
    const { text, detail } = sayState(analysis({ result, analyzed_s }));
    return [text, detail];
  };
  expect(said("succeeded")).toEqual(["Analyzed", null]);
  expect(said("partial", 900)).toEqual(["Partly analyzed", "15 min of 20 min"]);
  expect(said("failed")).toEqual(["Failed", null]);
  expect(said("cancelled", 600)).toEqual(["Cancelled", "after 10 min of 20 min"]);
  expect(sayState(analysis({ state: "queued" })).text).toBe("Waiting");
});

test("the first reason is told in full, the others are counted; what was cancelled has none", () => {
  const failures = [{ reason: "the decoder crashed" }] as Analysis["failures"];
  expect(sayFailure(analysis({ result: "failed", failures, failures_total: 1 }))).toBe("The decoder crashed");
  const many = analysis({ result: "partial", failures, failures_total: 3 });
  expect(sayFailure(many)).toBe("The decoder crashed (and 2 more stretches)");
  expect(sayFailure(analysis({ result: "cancelled", failures, failures_total: 1 }))).toBeNull();
});

test("each kind of warning is said once, one that is new in the service's own word", () => {
  const warnings = [
    { code: "clipped", detail: "one" },
    { code: "clipped", detail: "two" },
    { code: "wind_noise", detail: "three" },
  ] as Analysis["warnings"];
  expect(sayWarnings(analysis({ warnings }))).toEqual([
    { word: "overdriven", detail: "one" },
    { word: "wind noise", detail: "three" },
  ]);
});
