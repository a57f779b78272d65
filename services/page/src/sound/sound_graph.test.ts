import { beforeEach, expect, test, vi } from "vitest";

import { SoundGraph } from "./sound_graph";

/** As much of Web Audio as is needed to see what is connected to what, and what it is set to. */
class FakeParam {
  constructor(public value = 0) {}
  setTargetAtTime(value: number): void {
    this.value = value;
  }
}
class FakeNode {
  readonly to = new Set<unknown>();
  readonly gain: FakeParam;
  readonly frequency: FakeParam;
  readonly Q: number;
  constructor(_context: unknown, options: { gain?: number; frequency?: number; Q?: number } = {}) {
    this.gain = new FakeParam(options.gain ?? 1);
    this.frequency = new FakeParam(options.frequency);
    this.Q = options.Q ?? 0;
    made.push(this);
  }
  connect<T>(next: T): T {
    this.to.add(next);
    return next;
  }
  disconnect(): void {
    this.to.clear();
  }
}
class FakeFilter extends FakeNode {}
class FakeLimiter extends FakeNode {}

let made: FakeNode[] = [];
const destination = {};
const context = {
  currentTime: 0,
  destination,
  createMediaElementSource: () => new FakeNode(null),
} as unknown as AudioContext;

beforeEach(() => {
  made = [];
  vi.stubGlobal("BiquadFilterNode", FakeFilter);
  vi.stubGlobal("GainNode", FakeNode);
  vi.stubGlobal("DynamicsCompressorNode", FakeLimiter);
});

/** All that a sound goes through from a node on. */
function path(node: unknown): unknown[] {
  const [next] = node instanceof FakeNode ? node.to : [];
  return next === undefined ? [node] : [node, ...path(next)];
}

const filters = () => made.filter((node) => node instanceof FakeFilter);
const heard = (graph: SoundGraph) => path(graph.connect({} as HTMLMediaElement));

test("as it was recorded a sound is heard unlimited", () => {
  const graph = new SoundGraph(context, { gainDb: 0, highPassHz: 0 });
  const passed = heard(graph);
  expect(passed.at(-1)).toBe(destination);
  expect(passed.some((node) => node instanceof FakeLimiter)).toBe(false);
  expect(passed.filter((node) => node instanceof FakeFilter)).toHaveLength(2);
});

test("what was made louder is limited, until it is no longer", () => {
  const graph = new SoundGraph(context, { gainDb: 20, highPassHz: 0 });
  const passed = heard(graph);
  expect(passed.at(-1)).toBe(destination);
  expect(passed.at(-2)).toBeInstanceOf(FakeLimiter);
  // The limiter adds 2.28 dB.
  expect((passed.at(-3) as FakeNode).gain.value).toBeCloseTo(10 ** ((20 - 2.28) / 20));
  graph.set({ gainDb: 0, highPassHz: 0 });
  expect(heard(graph).some((node) => node instanceof FakeLimiter)).toBe(false);
});

test("the high-pass is a Butterworth filter of fourth order", () => {
  const graph = new SoundGraph(context, { gainDb: 0, highPassHz: 500 });
  expect(filters().map((stage) => stage.frequency.value)).toEqual([500, 500]);
  // Both stages together: 3 dB down at its frequency, that is a product of their resonances of 1/√2.
  const product = filters().reduce((all, stage) => all * 10 ** (stage.Q / 20), 1);
  expect(product).toBeCloseTo(Math.SQRT1_2, 3);
  graph.set({ gainDb: 0, highPassHz: 0 });
  expect(filters().map((stage) => stage.frequency.value)).toEqual([0, 0]);
});
