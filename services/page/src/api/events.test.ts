import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { begun, listen, streamState } from "./events";

let sources: FakeSource[] = [];
let stops: (() => void)[] = [];

class FakeSource extends EventTarget {
  readyState = 0;
  close = vi.fn();
  constructor() {
    super();
    sources.push(this);
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
});

afterEach(async () => {
  for (const stop of stops) stop();
  stops = [];
  await vi.advanceTimersByTimeAsync(10_000);
  expect(streamState.value).toBe("closed");
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function follow() {
  const opened = vi.fn();
  stops.push(listen({ opened }));
  let hasBegun = false;
  void begun().then(() => (hasBegun = true));
  return { opened, hasBegun: () => hasBegun };
}

async function tell(event: string, which = 0): Promise<void> {
  sources[which]?.dispatchEvent(new Event(event));
  await vi.advanceTimersByTimeAsync(0);
}

test("one loads once the stream is open, and not again", async () => {
  const { hasBegun, opened } = follow();
  await vi.advanceTimersByTimeAsync(500);
  expect(hasBegun()).toBe(false);
  await tell("open");
  expect(hasBegun()).toBe(true);
  await vi.advanceTimersByTimeAsync(5000);
  expect(opened).not.toHaveBeenCalled();
});

test("a stream that breaks keeps nobody waiting; once it is open one loads again", async () => {
  const { hasBegun, opened } = follow();
  await tell("error");
  expect(hasBegun()).toBe(true);
  await tell("open");
  expect(opened).toHaveBeenCalledOnce();
});

test("a stream that takes too long keeps nobody waiting either", async () => {
  const { hasBegun, opened } = follow();
  await vi.advanceTimersByTimeAsync(1000);
  expect(hasBegun()).toBe(true);
  await tell("open");
  expect(opened).toHaveBeenCalledOnce();
});

test("it stays open from one view to the next, and is closed after the last", async () => {
  follow();
  await tell("open");
  stops.pop()?.();
  await vi.advanceTimersByTimeAsync(500);
  const { hasBegun } = follow();
  await vi.advanceTimersByTimeAsync(0);
  expect([sources.length, hasBegun()]).toEqual([1, true]);
  stops.pop()?.();
  await vi.advanceTimersByTimeAsync(1000);
  expect(sources[0]?.close).toHaveBeenCalledOnce();
});

test("what an earlier stream missed is nothing to a new one", async () => {
  follow();
  await tell("error");
  stops.pop()?.();
  await vi.advanceTimersByTimeAsync(1000);
  const { opened } = follow();
  await tell("open", 1);
  expect([sources.length, opened.mock.calls.length]).toEqual([2, 0]);
});
