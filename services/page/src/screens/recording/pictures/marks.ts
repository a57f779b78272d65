/** What is drawn over the pictures: the events of the taxon that is looked at, and what was not analyzed. */
import type { Size } from "../../../drawing/Plot";
import { drawHatch } from "../../../drawing/hatch";
import { resolveColor } from "../../../drawing/theme";
import type { TimeScale } from "../../../drawing/time_scale";
import type { Lost } from "../lanes";
import type { RecordingModel, SungEvent } from "../model";

const CAP = 4;
const LEAST_WIDTH = 2;
const LABEL_FONT = "600 12px system-ui, sans-serif";
const LABEL_HEIGHT = 18;

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
  drawName(context, size, scale, selected, model);
}

function isSame(one: SungEvent, other: SungEvent | null): boolean {
  return one.taxon === other?.taxon && one.onset_s === other.onset_s;
}

/** Two lines and a bar above, on light edges: to be seen on dark and light pictures alike. */
function outline(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  event: SungEvent,
  color: string,
  line: number,
): void {
  const left = Math.round(scale.toX(event.onset_s));
  const width = Math.max(Math.round(scale.toX(event.offset_s)) - left, LEAST_WIDTH);
  context.fillStyle = resolveColor("paper");
  context.globalAlpha = 0.7;
  context.fillRect(left - 1, 0, width + 2, CAP + 1);
  if (width > 3 * line) {
    context.fillRect(left - 1, 0, line + 2, size.height);
    context.fillRect(left + width - line - 1, 0, line + 2, size.height);
  }
  context.globalAlpha = 1;
  context.fillStyle = resolveColor(color);
  context.fillRect(left, 0, width, CAP);
  if (width <= 3 * line) return;
  context.fillRect(left, 0, line, size.height);
  context.fillRect(left + width - line, 0, line, size.height);
}

/** Write the name of the selected event into the picture, where it hides the least: at the top, within the plot. */
function drawName(
  context: CanvasRenderingContext2D,
  size: Size,
  scale: TimeScale,
  event: SungEvent,
  model: RecordingModel,
): void {
  const taxon = model.lanes.value?.taxa[event.taxon];
  if (taxon === undefined) return;
  const text = `${taxon.common_name} ${event.confidence.toFixed(2)}`;
  context.font = LABEL_FONT;
  const width = context.measureText(text).width + 12;
  const x = Math.round(Math.min(Math.max(scale.toX(event.onset_s), 0), Math.max(0, size.width - width)));
  context.fillStyle = resolveColor("selection");
  context.beginPath();
  context.roundRect(x, 0, width, LABEL_HEIGHT, [0, 0, 4, 0]);
  context.fill();
  context.fillStyle = resolveColor("accent-ink");
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 6, LABEL_HEIGHT / 2 + 0.5);
}
