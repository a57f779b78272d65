import { afterEach, expect, test } from "vitest";

import { hidesVoices } from "../../../app/preferences";
import type { Analysis, Recording } from "../../../api/types";
import type { Lanes, LaneTaxon } from "../lanes";
import { RecordingModel } from "../model";
import { exportLink, sayNothingToSave } from "./exports";

function opened(names = ["Erithacus rubecula", "Human vocal", "Turdus merula"]): RecordingModel {
  const model = new RecordingModel(
    { filename: "dawn.1.wav", duration_s: 60, analyses: [] } as unknown as Recording,
    { id: "a" } as Analysis,
  );
  const taxa = names.map((scientific_name, at) => ({ code: `code ${at}`, scientific_name, common_name: "" }));
  model.lanes.value = { taxa: taxa as LaneTaxon[] } as Lanes;
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

test("where human voices are hidden, it asks for the taxa that have events", () => {
  hidesVoices.value = true;
  expect(exportLink(opened(), "raven", null)).toBe("/v1/analyses/a/detections?format=raven&taxon=code+0");
});

test("where human voices are hidden and no other has events, it asks for all others", () => {
  hidesVoices.value = true;
  const model = opened();
  model.events.value = [];
  expect(exportLink(model, "csv", null)).toBe("/v1/analyses/a/detections?format=csv&taxon=code+0&taxon=code+2");
});

test("where human voices are hidden and there are none, it asks for all", () => {
  hidesVoices.value = true;
  expect(exportLink(opened(["Turdus merula"]), "csv", null)).toBe("/v1/analyses/a/detections?format=csv");
});

test("where human voices are hidden and nothing else was heard, nothing is saved, and it is said", () => {
  hidesVoices.value = true;
  const model = opened(["Human vocal", "Human whistle"]);
  expect(exportLink(model, "csv", null)).toBeNull();
  expect(exportLink(model, "csv", 0)).toBeNull();
  expect(sayNothingToSave(model, null)).toContain("only human voices were heard");
  hidesVoices.value = false;
  expect(exportLink(model, "csv", null)).toBe("/v1/analyses/a/detections?format=csv");
  expect(sayNothingToSave(model, null)).toBeNull();
});

test("as long as one does not know what was heard, hidden voices are not saved", () => {
  hidesVoices.value = true;
  const model = opened();
  model.lanes.value = null;
  expect(exportLink(model, "csv", null)).toBeNull();
  expect(sayNothingToSave(model, null)).toBe("The events are on their way.");
});
