import { expect, test } from "vitest";

import type { Recording } from "../../../api/types";
import { planChanges, planUndo, type Wanted } from "./changes";

const nothing: Wanted = { site: null, place: null, start: { kind: "keep" } };

function recording(id: string, facts: Partial<Recording> = {}): Recording {
  const usual = { site: "marsh", latitude: 52.5, longitude: 13.4, recorded_at: "2026-05-03T04:30:00+02:00" };
  return { id, filename: `${id}.wav`, ...usual, ...facts } as Recording;
}

const a = recording("a");
const b = recording("b", { site: null, recorded_at: "2026-05-03T05:30:00.250+02:00" });
const c = recording("c", { recorded_at: null, latitude: null, longitude: null });

test("only what was touched is sent, and only where it is new", () => {
  expect(planChanges([a, b, c], nothing)).toEqual([]);
  const fields = planChanges([a, b, c], { ...nothing, site: " marsh " }).map((each) => [
    each.recording.id,
    each.fields,
  ]);
  expect(fields).toEqual([["b", { site: "marsh" }]]);
  expect(planChanges([a], { ...nothing, site: "" })[0]?.fields).toEqual({ site: null });
});

test("coordinates go together", () => {
  const place = { latitude: "52,5", longitude: "13.5" };
  expect(planChanges([a], { ...nothing, place })[0]?.fields).toEqual({ latitude: 52.5, longitude: 13.5 });
  expect(planChanges([a], { ...nothing, place: { latitude: "", longitude: " " } })[0]?.fields).toEqual({
    latitude: null,
    longitude: null,
  });
  expect(() => planChanges([a], { ...nothing, place: { latitude: "1", longitude: "" } })).toThrow("belong together");
  expect(() => planChanges([a], { ...nothing, place: { latitude: "91", longitude: "1" } })).toThrow("90");
  expect(() => planChanges([a], { ...nothing, place: { latitude: "x", longitude: "1" } })).toThrow("90");
});

test("a clock that was an hour off moves each recording from its own start; those without a time stay", () => {
  const changes = planChanges([a, b, c], { ...nothing, start: { kind: "shift", by_s: -3600 } });
  expect(changes.map((each) => each.fields.recorded_at)).toEqual([
    "2026-05-03T03:30:00+02:00",
    "2026-05-03T04:30:00.250+02:00",
  ]);
});

test("a start in UTC, which the service writes with a Z, is changed only by what moves it", () => {
  const utc = recording("u", { recorded_at: "2026-05-03T03:14:00Z" });
  const set = { kind: "set", date: "2026-05-03", time: "03:14:00", zone: "+00:00" } as const;
  for (const start of [{ kind: "shift", by_s: 0 } as const, { kind: "zone", zone: "+00:00" } as const, set]) {
    expect(planChanges([utc], { ...nothing, start })).toEqual([]);
  }
});

test("another zone keeps what each clock showed", () => {
  const changes = planChanges([a, b], { ...nothing, start: { kind: "zone", zone: "Europe/London" } });
  expect(changes.map((each) => each.fields.recorded_at)).toEqual([
    "2026-05-03T04:30:00+01:00",
    "2026-05-03T05:30:00.250+01:00",
  ]);
  const skipped = recording("s", { recorded_at: "2026-03-29T01:30:00+00:00" });
  expect(() => planChanges([skipped], { ...nothing, start: { kind: "zone", zone: "Europe/London" } })).toThrow("s.wav");
  expect(() => planChanges([a], { ...nothing, start: { kind: "zone", zone: "" } })).toThrow("zone");
});

test("the right start of the first moves the others along", () => {
  const start = { kind: "set", date: "2026-06-01", time: "05:00:00", zone: "+1" } as const;
  expect(planChanges([b, a, c], { ...nothing, start }).map((each) => [each.recording.id, each.fields])).toEqual([
    ["b", { recorded_at: "2026-06-01T06:00:00.250+01:00" }],
    ["a", { recorded_at: "2026-06-01T05:00:00+01:00" }],
  ]);
  expect(planChanges([c], { ...nothing, start })[0]?.fields).toEqual({ recorded_at: "2026-06-01T05:00:00+01:00" });
});

test("undoing restores the old values exactly, and nothing else", () => {
  const changes = planChanges([a, b], { site: "wood", place: null, start: { kind: "shift", by_s: 90 } });
  expect(planUndo(changes).map((each) => each.fields)).toEqual([
    { site: "marsh", recorded_at: "2026-05-03T04:30:00+02:00" },
    { site: null, recorded_at: "2026-05-03T05:30:00.250+02:00" },
  ]);
});
