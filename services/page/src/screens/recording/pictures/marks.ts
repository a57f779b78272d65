/** What is drawn over the pictures: the events of the taxon that is looked at, and what was not analyzed. */
import type { Size } from "../../../drawing/Plot";
import { drawHatch } from "../../../drawing/hatch";
import type { TimeScale } from "../../../drawing/time_scale";
import { drawLabel, outline } from "../../../spectrogram/event_box";
import type { Lost } from "../lanes";
import type { RecordingModel, SungEvent } from "../model";

/** Return the stretches that were not analyzed: as the lanes have them, else as the analysis' failures do. */
export function lostOf(model: RecordingModel): readonly Lost[] {
  const failures = model.analysis.value?.failures ?? [];
  return model.lanes.value?.lost ?? failures.flatMap((failure) => (failure.lost.length > 0 ? failure.lost : [failure]));
}

/** Return why nothing was analyzed at this time; null where it was. */
export function lossAt(model: RecordingModel, time_s: number): Lost | null {
  return lostOf(model).find((lost) => time_s >= lost.start_s && time_s < lost.end_s) ?? null;
}

export function drawLost(context: CanvasRenderingContext2D, size: Size, scale: TimeScale, model: RecordingModel): void {
  for (const lost of lostOf(model)) {
    const [x, end] = [Math.max(scale.toX(lost.start_s), -1), Math.min(scale.toX(lost.end_s), size.width + 1)];
    if (end > 0 && x < size.width) drawHatch(context, x, 0, end - x, size.height);
  }
}

/** Outline the events of the taxon that is looked at, and the selected one with its name. */
export function drawEvents(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  model: RecordingModel,
): void {
  const selected = model.selected.value;
  const end_s = scale.start_s + scale.span_s;
  for (const event of model.events.value ?? []) {
    if (event.onset_s > end_s) break;
    if (event.taxon !== model.taxon.value || event.offset_s < scale.start_s || isSame(event, selected)) continue;
    outline(context, size, scale, event, "lane", 1);
  }
  if (selected === null || selected.offset_s < scale.start_s || selected.onset_s > end_s) return;
  outline(context, size, scale, selected, "selection", 2);
  const taxon = model.lanes.value?.taxa[selected.taxon];
  if (taxon === undefined) return;
  drawLabel(context, size, scale, selected, `${taxon.common_name} ${selected.confidence.toFixed(2)}`);
}

function isSame(one: SungEvent, other: SungEvent | null): boolean {
  return one.taxon === other?.taxon && one.onset_s === other.onset_s;
}
