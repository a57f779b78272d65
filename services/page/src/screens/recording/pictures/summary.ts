/** What the spectrogram shows, in words. */
import { formatKhz } from "../../../drawing/frequency_scale";
import type { RecordingModel } from "../model";
import { lostOf } from "./marks";
import { stretchInWords, timeInWords } from "./times";

export function inWords(model: RecordingModel): string {
  const parts = [`Spectrogram, ${stretchInWords(model)}${bandInWords(model)}`];
  const [start_s, end_s] = [model.start_s.value, model.start_s.value + model.span_s.value];
  const selected = model.selected.value;
  const taxon = selected === null ? undefined : model.lanes.value?.taxa[selected.taxon];
  if (selected !== null && taxon !== undefined) {
    const [from, to] = [timeInWords(model, selected.onset_s, 1), timeInWords(model, selected.offset_s, 1)];
    parts.push(`Outlined: ${taxon.common_name}, ${from} to ${to}`);
  }
  for (const lost of lostOf(model)
    .filter((each) => each.end_s > start_s && each.start_s < end_s)
    .slice(0, 3)) {
    const [from, to] = [timeInWords(model, lost.start_s, 1), timeInWords(model, lost.end_s, 1)];
    parts.push(`Not analyzed: ${from} to ${to}, ${lost.reason}`);
  }
  return parts.join(". ");
}

function bandInWords(model: RecordingModel): string {
  const about = model.spectrogram.value;
  if (about === null) return "";
  const [low_hz, high_hz] = model.band_hz.value ?? [about.min_hz, about.max_hz];
  return `, ${formatKhz(low_hz)} to ${formatKhz(high_hz)} kHz`;
}
