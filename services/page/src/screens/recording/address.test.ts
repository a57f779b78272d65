import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Analysis, Recording } from "../../api/types";
import { notices } from "../../app/notices";
import { navigate, query } from "../../app/router";
import { followAddress } from "./address";
import type { Lanes } from "./lanes";
import { RecordingModel } from "./model";

const RECORDING = {
  id: "one",
  duration_s: 600,
  sample_rate_hz: 48_000,
  channels: 2,
  analyses: [],
} as unknown as Recording;
const LANES = { taxa: [{ code: "eurbla" }, { code: "eurwre1" }] } as unknown as Lanes;

let stop: () => void = () => undefined;

function open(address: string): RecordingModel {
  navigate(address);
  const model = new RecordingModel(RECORDING, { terminal: true } as Analysis);
  stop = followAddress(model);
  return model;
}

beforeEach(() => {
  vi.useFakeTimers();
  notices.value = [];
});
afterEach(() => {
  stop();
  vi.useRealTimers();
});

describe("the address of a recording's view", () => {
  it("says nothing of the whole recording at the pack's own thresholds", () => {
    open("/recordings/one");
    vi.runAllTimers();
    expect(query.value.toString()).toBe("");
  });

  it("is read when the view is opened", () => {
    const model = open("/recordings/one?t=60&span=30&threshold=0.4");
    expect([model.start_s.value, model.span_s.value, model.threshold.value]).toEqual([60, 30, 0.4]);
  });

  it("is written once the view has settled, without an entry in the history", () => {
    const model = open("/recordings/one?analysis=two");
    const entries = history.length;
    model.show(12.34567, 5);
    model.show(13.34567, 5);
    model.threshold.value = 0.25;
    expect(query.value.get("t")).toBeNull();
    vi.runAllTimers();
    expect(query.value.toString()).toBe("analysis=two&t=13.346&span=5&threshold=0.25");
    expect(history.length).toBe(entries);
  });

  it("is read again when one goes back", () => {
    const model = open("/recordings/one?t=60&span=30");
    navigate("/recordings/one?t=90&span=10&threshold=0.9");
    expect([model.start_s.value, model.span_s.value, model.threshold.value]).toEqual([90, 10, 0.9]);
  });

  it("shows a moment with some seconds around it, and the cursor on it", () => {
    const model = open("/recordings/one?t=100");
    expect([model.start_s.value, model.span_s.value, model.cursor_s.value]).toEqual([95, 20, 100]);
  });

  it("has the band of frequencies, the contrast set by hand and the channel, both ways", () => {
    const model = open("/recordings/one?hz=2000-8000&db=-90--40&channel=2");
    const shown = () => [model.band_hz.value, model.contrast_db.value, model.channel.value];
    expect(shown()).toEqual([[2000, 8000], [-90, -40], 2]);
    [model.band_hz.value, model.contrast_db.value, model.channel.value] = [[1500.04, 4000], null, 1];
    vi.runAllTimers();
    expect(query.value.toString()).toBe("hz=1500-4000&channel=1");
    navigate("/recordings/one");
    expect(shown()).toEqual([null, null, null]);
  });

  it("finds the taxon by its code once the lanes are there", () => {
    const model = open("/recordings/one?taxon=eurwre1");
    vi.runAllTimers();
    expect(query.value.get("taxon")).toBe("eurwre1");
    model.lanes.value = LANES;
    expect(model.taxon.value).toBe(1);
    model.taxon.value = 0;
    vi.runAllTimers();
    expect(query.value.get("taxon")).toBe("eurbla");
  });

  it("leaves the lane that somebody chose before that of the link was there", () => {
    const model = open("/recordings/one?taxon=eurwre1");
    model.analysis.value = { terminal: false } as Analysis;
    model.lanes.value = { taxa: [{ code: "eurbla" }] } as unknown as Lanes;
    model.taxon.value = 0;
    model.lanes.value = LANES;
    expect(model.taxon.value).toBe(0);
    vi.runAllTimers();
    expect(query.value.get("taxon")).toBe("eurbla");
  });

  it("goes to another taxon when one goes back", () => {
    const model = open("/recordings/one?taxon=eurwre1");
    model.lanes.value = LANES;
    navigate("/recordings/one?taxon=eurbla");
    expect(model.taxon.value).toBe(0);
  });

  it("says so where the taxon was not found, and goes on without it", () => {
    const model = open("/recordings/one?taxon=grifin");
    model.lanes.value = LANES;
    expect(notices.value.map((each) => each.text).join()).toContain("grifin");
    vi.runAllTimers();
    expect(query.value.get("taxon")).toBeNull();
  });

  it("says what of it cannot be shown, and shows the rest", () => {
    const model = open("/recordings/one?t=9999&span=20&threshold=two");
    expect([model.start_s.value, model.span_s.value, model.threshold.value]).toEqual([0, 20, null]);
    expect(notices.value[0]?.text).toContain("t=9999 (seconds between 0 and 600), threshold=two (between 0 and 1)");
  });
});
