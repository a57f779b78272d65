import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { complain, dismiss, notices, notify, SHOWN_MS } from "./notices";

const texts = () => notices.value.map(({ text }) => text);

beforeEach(() => {
  vi.useFakeTimers();
  notices.value = [];
});
afterEach(() => vi.useRealTimers());

test("the same complaint is said once, and again after it was dismissed", () => {
  complain(new Error("The service is busy."));
  complain(new Error("The service is busy."));
  complain(new Error("The disk is full."));
  expect(texts()).toEqual(["The service is busy.", "The disk is full."]);
  dismiss(notices.value[0]?.id ?? 0);
  complain(new Error("The service is busy."));
  expect(texts()).toEqual(["The disk is full.", "The service is busy."]);
});

test("what is said again stays for as long as if it were new", () => {
  const first = notify("Copied.");
  vi.advanceTimersByTime(SHOWN_MS - 1);
  expect(notify("Copied.")).toBe(first);
  vi.advanceTimersByTime(SHOWN_MS - 1);
  expect(texts()).toEqual(["Copied."]);
  vi.advanceTimersByTime(1);
  expect(texts()).toEqual([]);
});

test("two things that can be taken back are two, though they sound alike", () => {
  notify("1 recording deleted.", () => undefined);
  notify("1 recording deleted.", () => undefined);
  expect(texts().length).toBe(2);
});
