import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Analysis, Recording } from "../../../api/types";
import { GATHER_MS } from "./changes";
import { RecordingList } from "./recording_list";

let source: EventTarget;
let stop: () => void = () => undefined;

class FakeSource extends EventTarget {
  constructor() {
    super();
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the stream that the list opened
    source = this;
  }
  close() {
    return undefined;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("EventSource", FakeSource);
});

afterEach(() => {
  stop();
  vi.runAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function recording(id: string, state: "running" | "finished" = "running"): Recording {
  return { id, recorded_at: null, analyses: [analysis(id, state)] } as unknown as Recording;
}

function analysis(recording_id: string, state: "running" | "finished"): Analysis {
  const result = state === "finished" ? "succeeded" : null;
  return {
    id: `of ${recording_id}`,
    recording_id,
    state,
    result,
    terminal: state === "finished",
    pack: {},
  } as Analysis;
}

/** Answer requests one after the other; returns how to let the next one through. */
function answerWith(...pages: { items: Recording[]; next: string | null }[]): { release: () => Promise<void> } {
  const waiting: (() => void)[] = [];
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    const page = pages.shift();
    return new Promise<Response>((resolve, reject) => {
      waiting.push(() => resolve(Response.json(page)));
      signal?.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
    });
  });
  return {
    release: async () => {
      await vi.advanceTimersByTimeAsync(0);
      waiting.shift()?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

async function tell(event: string, data: unknown): Promise<void> {
  source.dispatchEvent(new MessageEvent(event, { data: JSON.stringify(data) }));
  await vi.advanceTimersByTimeAsync(GATHER_MS);
}

async function listOf(...ids: string[]): Promise<RecordingList> {
  const { release } = answerWith({ items: ids.map((id) => recording(id)), next: "more" });
  const list = new RecordingList();
  stop = list.follow();
  void list.show({});
  source.dispatchEvent(new Event("open"));
  await release();
  return list;
}

const shown = (list: RecordingList) => list.shown.value.map((each) => each.id);

test("the list is asked for once what changes is told", async () => {
  const asked = vi.fn(() => new Promise<Response>(() => undefined));
  vi.stubGlobal("fetch", asked);
  const list = new RecordingList();
  stop = list.follow();
  void list.show({});
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).not.toHaveBeenCalled();
  source.dispatchEvent(new Event("open"));
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toHaveBeenCalledOnce();
});

test("new recordings come first; those of later pages wait for their page", async () => {
  const list = await listOf("5", "4");
  await tell("recording", recording("6"));
  await tell("recording", recording("1"));
  expect(shown(list)).toEqual(["6", "5", "4"]);
});

test("what was told while a page was loaded is not undone by that page", async () => {
  const list = await listOf("5", "4");
  const { release } = answerWith({ items: [recording("5"), recording("4")], next: null });
  void list.reload();
  await tell("finished", analysis("5", "finished"));
  await tell("deleted", { id: "4" });
  await release();
  expect(shown(list)).toEqual(["5"]);
  expect(list.find("5")?.active.value).toBeNull();
  expect(list.find("5")?.counted.value?.result).toBe("succeeded");
});

test("what is new or corrected while a page is loaded is not lost by that page", async () => {
  const list = await listOf("5", "4");
  const { release } = answerWith({ items: [recording("5"), recording("4")], next: null });
  void list.reload();
  await tell("finished", analysis("6", "finished"));
  await tell("recording", { ...recording("6"), site: "new" });
  await tell("recording", { ...recording("5"), site: "corrected" });
  await tell("finished", analysis("5", "finished"));
  await release();
  expect(shown(list)).toEqual(["6", "5", "4"]);
  expect(list.find("5")?.facts.value.site).toBe("corrected");
  expect(list.find("5")?.active.value).toBeNull();
  expect(list.find("6")?.active.value?.state).toBe("running");
});

test("no page of other filters or of before a break comes behind what is on its way", async () => {
  const list = await listOf("5", "4");
  const { release } = answerWith(
    { items: [recording("9")], next: "behind 9" },
    { items: [recording("8")], next: null },
  );
  void list.show({ q: "new" });
  void list.showMore();
  await release();
  expect(shown(list)).toEqual(["9"]);
  void list.showMore();
  await release();
  expect(shown(list)).toEqual(["9", "8"]);
});

test("rows that are there already stay the same objects, so that nothing is drawn anew", async () => {
  const list = await listOf("5", "4");
  const row = list.find("5");
  const { release } = answerWith({ items: [recording("5", "finished")], next: null });
  void list.reload();
  await release();
  expect(list.find("5")).toBe(row);
  expect(row?.active.value).toBeNull();
});

test("an answer to older filters is dropped", async () => {
  const list = await listOf("5");
  const { release } = answerWith({ items: [recording("5")], next: null }, { items: [recording("4")], next: null });
  void list.show({ q: "old" });
  await vi.advanceTimersByTimeAsync(0);
  void list.show({ q: "new" });
  await release();
  await release();
  expect(shown(list)).toEqual(["4"]);
});
