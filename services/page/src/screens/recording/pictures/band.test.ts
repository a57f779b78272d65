import { expect, test } from "vitest";

import type { Recording, Spectrogram } from "../../../api/types";
import { RecordingModel } from "../model";
import { bandOf, moveBand, zoomBand } from "./band";

function opened(): RecordingModel {
  const model = new RecordingModel({ duration_s: 60, analyses: [] } as unknown as Recording);
  model.spectrogram.value = { min_hz: 0, max_hz: 16_000 } as Spectrogram;
  return model;
}

test("zooming in keeps the lowest frequency, zooming out ends at all of them", () => {
  const model = opened();
  zoomBand(model, 0.5);
  zoomBand(model, 0.5);
  expect(bandOf(model)).toEqual([0, 4000]);
  for (let n = 0; n < 2; n++) zoomBand(model, 2);
  expect(model.band_hz.value).toBeNull();
});

test("a band moves up and down and stops at the ends", () => {
  const model = opened();
  moveBand(model, 0.25);
  expect(model.band_hz.value).toBeNull();
  model.band_hz.value = [0, 4000];
  moveBand(model, 0.25);
  expect(model.band_hz.value).toEqual([1000, 5000]);
  for (let n = 0; n < 20; n++) moveBand(model, 0.25);
  expect(model.band_hz.value).toEqual([12_000, 16_000]);
  for (let n = 0; n < 20; n++) moveBand(model, -0.25);
  expect(model.band_hz.value).toEqual([0, 4000]);
});

test.each([null, [2000, 6000] as const])("before a picture is there the band of the link stays: %s", (band) => {
  const model = new RecordingModel({ duration_s: 60, analyses: [] } as unknown as Recording);
  model.band_hz.value = band;
  zoomBand(model, 0.5);
  moveBand(model, 0.25);
  expect(model.band_hz.value).toEqual(band);
});
