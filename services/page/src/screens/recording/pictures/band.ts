/** The frequencies that are shown of a recording's pictures. */
import { bandAround, LEAST_BAND_HZ } from "../../../drawing/frequency_scale";
import type { RecordingModel } from "../model";

/** The frequencies that are shown. */
export function bandOf(model: RecordingModel): readonly [number, number] {
  const about = model.spectrogram.value;
  return model.band_hz.value ?? [about?.min_hz ?? 0, about?.max_hz ?? 0];
}

/** Zoom by a factor (below 1: nearer) around a frequency; where none is said, the lowest one stays: most sing low. */
export function zoomBand(model: RecordingModel, factor: number, around_hz?: number): void {
  const highest_hz = model.spectrogram.value?.max_hz;
  if (highest_hz === undefined) return;
  const [low_hz, high_hz] = bandOf(model);
  const range_hz = Math.max((high_hz - low_hz) * factor, LEAST_BAND_HZ);
  const ratio = range_hz / (high_hz - low_hz);
  const middle_hz =
    around_hz === undefined ? low_hz + range_hz / 2 : around_hz + ((low_hz + high_hz) / 2 - around_hz) * ratio;
  model.band_hz.value = range_hz >= highest_hz ? null : bandAround(middle_hz, range_hz, highest_hz);
}

/** Show higher frequencies (lower ones, below 0), by this share of those that are shown. */
export function moveBand(model: RecordingModel, byShare: number): void {
  const highest_hz = model.spectrogram.value?.max_hz;
  if (model.band_hz.value === null || highest_hz === undefined) return;
  const [low_hz, high_hz] = model.band_hz.value;
  const range_hz = high_hz - low_hz;
  const middle_hz = (low_hz + high_hz) / 2 + byShare * range_hz;
  model.band_hz.value = bandAround(middle_hz, range_hz, highest_hz);
}
