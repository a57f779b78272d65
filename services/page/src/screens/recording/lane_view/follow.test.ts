import { signal } from "@preact/signals";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Problem } from "../../../api/problems";
import type { Analysis, Recording } from "../../../api/types";
import type { Lanes } from "../lanes";
import { RecordingModel } from "../model";
import { followAnalysis, REFRESH_MS, replaceLanes } from "./follow_analysis";
import { aroundStretch, followFrames } from "./follow_frames";

const fetched = vi.hoisted(() => ({ calls: [] as [string, { frames?: boolean }][], kind: "frames", failures: 0 }));

vi.mock("../lanes", async (original) => ({
  ...(await original<typeof import("../lanes")>()),
  fetchLanes: (id: string, part: { from_s?: number; to_s?: number; frames?: boolean }) => {
    fetched.calls.push([id, part]);
    if (fetched.failures-- > 0) return Promise.reject(new Problem("unavailable", 503, "Busy", 2));
    const from_s = part.from_s ?? 0;
    const step_s = part.frames === true ? 0.5 : 5;
    const n = Math.ceil(((part.to_s ?? 7200) - from_s) / step_s);
    const kind = part.frames === true ? fetched.kind : "windows";
    return Promise.resolve({ ...made("robin"), first: from_s / step_s, n, step_s, kind } as Lanes);
  },
}));

const made = (...codes: string[]) =>
  ({ taxa: codes.map((code) => ({ code })), first: 0, n: 1440, step_s: 5, kind: "windows", end_s: 7200 }) as Lanes;
const analysis = (id: string, segments_done: number, terminal = false) =>
  ({ id, state: terminal ? "finished" : "running", segments_done, segments_failed: 0, terminal }) as Analysis;

function opened(first: Analysis) {
  const model = new RecordingModel({ duration_s: 7200, analyses: [first] } as unknown as Recording);
  return { model, problem: signal<Problem | null>(null) };
}

beforeEach(() => {
  vi.useFakeTimers();
  fetched.calls = [];
  fetched.kind = "frames";
  fetched.failures = 0;
});
afterEach(() => vi.useRealTimers());

test("while the analysis runs lanes are fetched now and then, and once more at its end", async () => {
  const { model, problem } = opened(analysis("a", 0));
  const stop = followAnalysis(model, problem);
  await vi.advanceTimersByTimeAsync(1);
  for (let done = 1; done <= 5; done++) {
    model.analysis.value = analysis("a", done);
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(fetched.calls.length).toBe(1);
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(fetched.calls.length).toBe(2);
  model.analysis.value = analysis("a", 6, true);
  await vi.advanceTimersByTimeAsync(1);
  expect(fetched.calls.length).toBe(3);
  model.analysis.value = analysis("a", 6, true);
  await vi.advanceTimersByTimeAsync(REFRESH_MS);
  expect(fetched.calls.length).toBe(3);
  stop();
});

test("another analysis takes the lanes away at once", async () => {
  const { model, problem } = opened(analysis("a", 1, true));
  const stop = followAnalysis(model, problem);
  await vi.advanceTimersByTimeAsync(1);
  model.taxon.value = 0;
  model.analysis.value = analysis("b", 1, true);
  expect([model.lanes.value, model.taxon.value]).toEqual([null, null]);
  await vi.advanceTimersByTimeAsync(1);
  expect([fetched.calls.at(-1)?.[0], model.lanes.value?.n]).toEqual(["b", 1440]);
  stop();
});

test("a taxon keeps the focus when newer lanes come in another order", () => {
  const { model } = opened(analysis("a", 1));
  replaceLanes(model, made("robin", "wren"));
  model.select({ taxon: 1, onset_s: 1, offset_s: 2, confidence: 0.9 });
  replaceLanes(model, made("cricket", "robin", "wren"));
  expect([model.taxon.value, model.selected.value?.taxon]).toEqual([2, 2]);
});

test("frames are fetched where one zooms in, and kept as long as they cover what is shown", async () => {
  const { model } = opened(analysis("a", 1, true));
  const stop = followFrames(model);
  model.lanes.value = made("robin");
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetched.calls).toEqual([]);
  model.show(3000, 600);
  await vi.advanceTimersByTimeAsync(1000);
  model.show(3600, 60);
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetched.calls).toEqual([["a", { from_s: 1500, to_s: 5100, frames: true }]]);
  expect(model.frames.value?.n).toBe(7200);
  model.show(6000, 60);
  model.show(6500, 60);
  await vi.advanceTimersByTimeAsync(1000);
  expect(fetched.calls.length).toBe(2);
  stop();
});

test("frames that could not be had are asked for again: short recordings are cut from them", async () => {
  const { model } = opened(analysis("a", 1, true));
  model.show(0, 60);
  fetched.failures = 1;
  const stop = followFrames(model);
  model.lanes.value = made("robin");
  await vi.advanceTimersByTimeAsync(1000);
  expect([fetched.calls.length, model.frames.value]).toEqual([1, null]);
  await vi.advanceTimersByTimeAsync(2000);
  expect([fetched.calls.length, model.frames.value?.n]).toEqual([2, 7200]);
  stop();
});

test("a pack without frames is asked for them once", async () => {
  fetched.kind = "windows";
  const { model } = opened(analysis("a", 1, true));
  const stop = followFrames(model);
  model.lanes.value = made("robin");
  model.show(0, 60);
  await vi.advanceTimersByTimeAsync(1000);
  model.show(6000, 60);
  await vi.advanceTimersByTimeAsync(1000);
  expect([fetched.calls.length, model.frames.value]).toEqual([1, null]);
  stop();
});

test("the stretch of frames stays within the recording", () => {
  expect(aroundStretch(0, 60, 30)).toEqual([0, 30]);
  expect(aroundStretch(86_000, 100, 86_400)).toEqual([82_800, 86_400]);
});
