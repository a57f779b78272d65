import { afterEach, expect, test } from "vitest";

import { hidesVoices } from "../../../app/preferences";
import type { Analysis, Recording } from "../../../api/types";
import type { Lanes } from "../lanes";
import { RecordingModel } from "../model";
import { exportLink } from "./exports";

function opened(): RecordingModel {
  const model = new RecordingModel({ duration_s: 60, analyses: [] } as unknown as Recording, { id: "a" } as Analysis);
  const names = ["Erithacus rubecula", "Human vocal", "Turdus merula"];
  const taxa = names.map((scientific_name, at) => ({ code: `code ${at}`, scientific_name, common_name: "" }));
  model.lanes.value = { taxa } as Lanes;
  model.events.value = [{ taxon: 0, onset_s: 1, offset_s: 2, confidence: 0.9 }];
  return model;
}

afterEach(() => (hidesVoices.value = false));

test("an export has the slider's threshold and the table's taxon", () => {
  const model = opened();
  expect(exportLink(model, "csv", null)).toBe("/v1/analyses/a/detections?format=csv");
  model.threshold.value = 0.4;
  expect(exportLink(model, "csv", 2)).toBe("/v1/analyses/a/detections?format=csv&onset_threshold=0.4&taxon=code+2");
});

test("where human voices are hidden, it asks for the taxa that are shown", () => {
  hidesVoices.value = true;
  expect(exportLink(opened(), "raven", null)).toBe("/v1/analyses/a/detections?format=raven&taxon=code+0");
});

test("where human voices are hidden and nothing else sang, it does not ask for all", () => {
  hidesVoices.value = true;
  const model = opened();
  model.events.value = [];
  expect(exportLink(model, "csv", null)).toBe("/v1/analyses/a/detections?format=csv&taxon=code+0&taxon=code+2");
});
