import { batch, signal } from "@preact/signals";
import { beforeEach, expect, test } from "vitest";

import type { Recording } from "../../../api/types";
import type { Lanes } from "../lanes";
import { RecordingModel, type SungEvent } from "../model";
import { Paging } from "./paging";

const event = (onset_s: number, taxon = 0): SungEvent => ({ taxon, onset_s, offset_s: onset_s + 1, confidence: 0.9 });
const many = (count: number) => Array.from({ length: count }, (_, at) => event(at));
const lanes = (...codes: string[]) => ({ taxa: codes.map((code) => ({ code })) }) as Lanes;

let model: RecordingModel;
const rows = signal<readonly SungEvent[]>([]);
let paging: Paging;

beforeEach(() => {
  model = new RecordingModel({ duration_s: 600, analyses: [] } as unknown as Recording);
  model.lanes.value = lanes("robin", "wren");
  rows.value = many(250);
  paging = new Paging(model, rows);
  paging.follow();
});

test("the page with the selected event comes up, also when the threshold moves it", () => {
  model.selected.value = rows.value[100] ?? null;
  expect(paging.page.value).toBe(1);
  rows.value = rows.value.slice(50);
  expect(paging.page.value).toBe(0);
});

test("newer lanes leave the page that somebody turned to", () => {
  paging.turn(1);
  rows.value = [];
  rows.value = many(300);
  expect(paging.page.value).toBe(1);
  rows.value = many(20);
  expect(paging.page.value).toBe(0);
});

test("nor do they bring back the page of the selected event, wherever its lane stands now", () => {
  model.selected.value = rows.value[0] ?? null;
  paging.turn(1);
  batch(() => {
    model.lanes.value = lanes("cricket", "robin", "wren");
    rows.value = rows.value.map((each) => ({ ...each, taxon: 1 }));
    model.selected.value = rows.value[0] ?? null;
  });
  expect(paging.page.value).toBe(1);
  model.selected.value = rows.value[240] ?? null;
  expect(paging.page.value).toBe(2);
});

test("nothing selected is no reason to turn the page; another order begins at the selected event, or the first", () => {
  model.selected.value = rows.value[200] ?? null;
  model.selected.value = null;
  expect(paging.page.value).toBe(2);
  paging.restart();
  expect(paging.page.value).toBe(0);
  model.selected.value = rows.value[200] ?? null;
  rows.value = rows.value.toReversed();
  paging.restart();
  expect(paging.page.value).toBe(0);
});
