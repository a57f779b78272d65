/** Draws the lanes that are scrolled into view, and no others. */
import type { Size } from "../../../drawing/Plot";
import { resolveColor } from "../../../drawing/theme";
import { timeScale } from "../../../drawing/time_scale";
import { chooseDetail, drawBars, type Row } from "./draw_bars";
import { markSelected, outlineEvents } from "./draw_events";
import { drawGaps, drawLight } from "./draw_ground";
import { drawVerdicts } from "./draw_verdicts";
import type { LaneState } from "./lane_state";

export function drawLanes(context: CanvasRenderingContext2D, size: Size, state: LaneState): void {
  const { model } = state;
  const lanes = model.lanes.value;
  if (lanes === null) return;
  const scale = timeScale(model.start_s.value, model.span_s.value, size.width);
  drawLight(context, size, scale, state.light.value);
  const rows = rowsInView(state, size.height);
  const focused = model.taxon.value;
  for (const row of rows) drawRowGround(context, size.width, row, row.taxon === focused);
  drawGaps(context, size, scale, state.gaps.value);
  if (lanes.n > 0) {
    const detail = chooseDetail(lanes, model.frames.value, scale);
    for (const row of rows) drawBars(context, detail, scale, row);
  }
  const [events, selected] = [model.events.value ?? [], model.selected.value];
  drawVerdicts(context, scale, rows, model.verdicts.value);
  for (const row of rows) {
    if (row.taxon === focused) outlineEvents(context, scale, row, events);
    if (row.taxon === selected?.taxon) markSelected(context, scale, row, selected);
  }
}

function rowsInView(state: LaneState, height: number): Row[] {
  const { model } = state;
  const [top_px, row_px, shown] = [state.top_px.value, state.row_px.value, state.shown.value];
  const threshold = model.threshold.value;
  const first = Math.floor(top_px / row_px);
  const last = Math.ceil((top_px + height) / row_px);
  return shown.slice(first, last).map((taxon, at) => ({
    taxon,
    threshold: threshold ?? model.lanes.value?.taxa[taxon]?.rule.onset_threshold ?? 1,
    top: (first + at) * row_px - top_px,
    height: row_px,
  }));
}

function drawRowGround(context: CanvasRenderingContext2D, width: number, row: Row, isFocused: boolean): void {
  if (isFocused) {
    context.fillStyle = resolveColor("accent-soft");
    context.fillRect(0, row.top, width, row.height - 1);
  }
  context.fillStyle = resolveColor("line");
  context.fillRect(0, row.top + row.height - 1, width, 1);
}
