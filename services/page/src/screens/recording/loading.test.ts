import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Analysis } from "../../api/types";
import { Loading } from "./loading";

let source: EventTarget;
let answers: ((answer: Response) => void)[];
let stop: () => void = () => undefined;

class FakeSource extends EventTarget {
  constructor() {
    super();
    // eslint-disable-next-line @typescript-eslint/no-this-alias -- the stream that was opened
    source = this;
  }
  close() {
    return undefined;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  answers = [];
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("fetch", () => new Promise<Response>((resolve) => answers.push(resolve)));
});

afterEach(() => {
  stop();
  vi.runAllTimers();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const analysis = (state: string) => ({ id: "a", recording_id: "r", state }) as unknown as Analysis;
const recording = (state: string, site = "A") => ({ id: "r", site, analyses: [analysis(state)] });

function tell(name: string, data: unknown): void {
  source.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
}

async function answer(which: number, body: unknown, status = 200, headers = {}): Promise<void> {
  answers[which]?.(new Response(JSON.stringify(body), { status, headers }));
  await vi.advanceTimersByTimeAsync(0);
}

async function open(): Promise<Loading> {
  const loading = new Loading("r");
  stop = loading.start();
  source.dispatchEvent(new Event("open"));
  await vi.advanceTimersByTimeAsync(0);
  return loading;
}

const stateOf = ({ recording: { value } }: Loading) => value?.analyses[0]?.state;

test("it is asked for once what becomes of it is told", async () => {
  const loading = new Loading("r");
  stop = loading.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(answers.length).toBe(0);
  tell("recording", recording("running", "corrected"));
  source.dispatchEvent(new Event("open"));
  await vi.advanceTimersByTimeAsync(0);
  expect([answers.length, loading.recording.value?.site]).toEqual([0, "corrected"]);
});

test("that an analysis has finished is not lost while the recording is on its way", async () => {
  const loading = await open();
  tell("finished", analysis("finished"));
  await answer(0, recording("running"));
  expect(stateOf(loading)).toBe("finished");
});

test("an answer on its way does not undo a correction", async () => {
  const loading = await open();
  await answer(0, recording("running"));
  loading.reload();
  tell("recording", recording("running", "B"));
  await answer(1, recording("running", "A"));
  expect(loading.recording.value?.site).toBe("B");
});

test("of two answers the one to the later question counts", async () => {
  const loading = await open();
  loading.reload();
  await answer(1, recording("finished"));
  await answer(0, recording("running"));
  expect(stateOf(loading)).toBe("finished");
});

test("nothing is asked any more once the view is left", async () => {
  await open();
  stop();
  await answer(0, {}, 429, { "retry-after": "1" });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(answers.length).toBe(1);
});
