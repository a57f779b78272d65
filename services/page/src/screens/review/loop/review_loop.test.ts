import { beforeEach, expect, test, vi } from "vitest";

import { Problem } from "../../../api/problems";
import { tellReviewChange } from "../../../reviews/changes";
import type { Decided } from "../../../reviews/decide";
import type { Decision, Review } from "../../../reviews/types";
import type { QueuedEvent, QueuePage } from "../types";
import { ReviewLoop } from "./review_loop";
import { sayProgress } from "./words";

const MARSH = { taxon: "Erithacus rubecula", strategy: "random" };
let asked: string[] = [];
let pages: (() => QueuePage)[] = [];
let decisions: Decision[] = [];
let undone: string[] = [];

function event(n: number, started_at: string | null = "2026-05-03T04:30:00.000+02:00"): QueuedEvent {
  const names = { scientific_name: "Erithacus rubecula", common_name: "European Robin", code: "eurrob1" };
  const about = { recording_id: "r", onset_s: 10 * n, offset_s: 10 * n + 3, confidence: 0.9, started_at };
  return { ...names, ...about, duration_s: 600, place: n } as QueuedEvent;
}

function page(items: QueuedEvent[], next: string | null = null): () => QueuePage {
  const counts = { left: 8, left_is: "exact" as const, left_is_exact: true, reviewed: 12, reviewed_is_exact: true };
  return () => ({ items, next, strategy: "random", seed: 7, ...counts });
}

function decide(decision: Decision): Decided {
  decisions.push(decision);
  const id = `unsent-${decisions.length}`;
  return { review: { ...decision, id } as unknown as Review, undo: () => undone.push(id) };
}

async function begin(more: object = {}): Promise<ReviewLoop> {
  const fetchPage = (path: string) => {
    asked.push(path);
    const next = pages.shift();
    return next === undefined ? Promise.reject(new Error("no page is left")) : Promise.resolve().then(next);
  };
  const loop = new ReviewLoop({ ...MARSH, ...more }, { fetchPage, decide });
  loop.start();
  await vi.waitFor(() => expect(loop.isLoading.value).toBe(false));
  return loop;
}

const onsets = (loop: ReviewLoop) => loop.pending.value.map(({ onset_s }) => onset_s);

beforeEach(() => {
  [asked, pages, decisions, undone] = [[], [], [], []];
});

test("what is decided goes away at once, and the next one comes", async () => {
  pages = [page([event(1), event(2), event(3)])];
  const loop = await begin();
  loop.decide({ verdict: "confirmed", note: "faint" });
  expect(onsets(loop)).toEqual([20, 30]);
  expect(loop.ahead.value.map(({ onset_s }) => onset_s)).toEqual([30]);
  expect(decisions).toMatchObject([{ onset_s: 10, verdict: "confirmed", note: "faint", strategy: "random" }]);
  expect(sayProgress(loop)).toBe("13 reviewed, 7 left");
});

test("more are fetched before there are none, in the same order and each once", async () => {
  pages = [page([event(1), event(2)], "behind 2"), page([event(2), event(3)], null)];
  const loop = await begin();
  expect(onsets(loop)).toEqual([10, 20, 30]);
  expect(new URLSearchParams(asked[0]?.split("?")[1]).get("seed")).toBeNull();
  expect(Object.fromEntries(new URLSearchParams(asked[1]?.split("?")[1]))).toMatchObject({
    seed: "7",
    cursor: "behind 2",
  });
  loop.decide({ verdict: "confirmed" });
  expect(asked).toHaveLength(2);
});

test("undo takes back the verdict and looks at the event again, step by step", async () => {
  pages = [page([event(1), event(2), event(3)])];
  const loop = await begin();
  loop.decide({ verdict: "rejected", corrected_taxon: "Turdus merula" });
  loop.skip();
  expect(onsets(loop)).toEqual([30]);
  expect(loop.undo()?.decided).toBeNull();
  expect(loop.skipped.value).toEqual([]);
  expect(undone).toEqual([]);
  loop.undo();
  expect(undone).toEqual(["unsent-1"]);
  expect(onsets(loop)).toEqual([10, 20, 30]);
  expect(sayProgress(loop)).toBe("12 reviewed, 8 left");
  expect(loop.canUndo.value).toBe(false);
  expect(loop.undo()).toBeNull();
});

test("what was skipped is not lost: it is looked at again once asked for", async () => {
  pages = [page([event(1), event(2)])];
  const loop = await begin();
  loop.skip();
  loop.decide({ verdict: "uncertain" });
  expect(loop.isOver.value).toBe(true);
  loop.lookAgain();
  expect(onsets(loop)).toEqual([10]);
  expect(loop.isOver.value).toBe(false);
});

test("what the service refuses counts as skipped", async () => {
  pages = [page([event(1), event(2)])];
  const loop = await begin();
  loop.decide({ verdict: "confirmed" });
  tellReviewChange({ kind: "drop", id: "unsent-1" });
  expect(loop.skipped.value.map(({ onset_s }) => onset_s)).toEqual([10]);
  expect(sayProgress(loop)).toBe("12 reviewed, 8 left");
  expect(loop.canUndo.value).toBe(false);
});

test("what was taken back by somebody is no refusal", async () => {
  pages = [page([event(1)])];
  const loop = await begin();
  loop.decide({ verdict: "confirmed" });
  loop.undo();
  tellReviewChange({ kind: "drop", id: "unsent-1" });
  expect(loop.skipped.value).toEqual([]);
  expect(onsets(loop)).toEqual([10]);
});

test("an event that was decided a moment ago does not come again while it is being sent", async () => {
  const review = { ...event(1), id: "unsent-9", reviewed_at: "2026-05-04T00:00:00Z" } as unknown as Review;
  tellReviewChange({ kind: "put", review });
  pages = [page([event(1), event(2)])];
  expect(onsets(await begin())).toEqual([20]);
  tellReviewChange({ kind: "drop", id: "unsent-9" });
});

test("what was saved while events were fetched does not come again", async () => {
  const saved = (n: number) => ({ ...event(n), id: "of the service" }) as unknown as Review;
  const answer = page([event(1), event(2), event(3)]);
  pages = [
    () => {
      tellReviewChange({ kind: "put", review: saved(1), instead_of: "unsent-1" });
      return answer();
    },
  ];
  expect(onsets(await begin())).toEqual([20, 30]);
});

test("days are those of the recorder's own clock", async () => {
  pages = [page([event(1, "2026-05-03T23:59:00.000+02:00"), event(2), event(3, null)])];
  expect(onsets(await begin({ from: "2026-05-03", to: "2026-05-03" }))).toEqual([10, 20]);
  expect(new URLSearchParams(asked[0]?.split("?")[1]).get("from")).toBe("2026-05-03T00:00:00+14:00");
});

test("a page that could not be had is asked for again when somebody says so", async () => {
  pages = [
    () => {
      throw new Problem("not-found", 404, "There is no taxon “x”.");
    },
    page([event(1)]),
  ];
  const loop = await begin();
  expect(loop.problem.value?.detail).toBe("There is no taxon “x”.");
  expect(loop.isOver.value).toBe(false);
  loop.retry();
  await vi.waitFor(() => expect(onsets(loop)).toEqual([10]));
  expect(loop.problem.value).toBeNull();
});
