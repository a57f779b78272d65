import { timeScale } from "../../../drawing/time_scale";
import { VerdictMark } from "../../../reviews/VerdictMark";
import { sayVerdict } from "../../../reviews/verdicts";
import { STEPS, type Lanes } from "../lanes";
import { formatScore } from "../events/threshold_words";
import { timeInWords } from "../pictures/times";
import { chooseDetail, type Detail } from "./draw_bars";
import { gapAt } from "./gaps";
import type { LaneState } from "./lane_state";
import { nameOf } from "./order";
import { eventAt } from "./pick";
import { analyzedBefore, columnsOf, countReaching, highestStep, leastStep } from "./shares";

/** What the lanes show, in words; with the pointer in a lane, what lies under it. */
export function Legend({ state }: { state: LaneState }) {
  const { model } = state;
  const lanes = model.lanes.value;
  if (lanes === null) return null;
  const scale = timeScale(model.start_s.value, model.span_s.value, 1000);
  const detail = chooseDetail(lanes, model.frames.value, scale);
  const gaps = state.gaps.value;
  const verdicts = [...new Set([...model.verdicts.value.values()].map(({ verdict }) => verdict))].sort();
  return (
    <div class="lane-legend">
      <p class="pointed" aria-hidden="true">
        {sayPointed(state) ?? (
          <span class="soft">Click an event to open it. Drag to move, Ctrl and wheel to zoom.</span>
        )}
      </p>
      <p class="soft">
        {sayHeight(detail)}
        {gaps.some(({ reason }) => reason !== null) && " Hatched: lost."}
        {gaps.some(({ reason }) => reason === null) && " Dotted: not analyzed yet."}
        {state.light.value.some(({ light }) => light !== "day") && " Shaded: night, lighter in civil twilight."}
        {verdicts.length > 0 && " Reviewed: "}
        {verdicts.map((each) => (
          <span key={each}>
            <VerdictMark verdict={each} />{" "}
          </span>
        ))}
      </p>
    </div>
  );
}

function sayHeight(detail: Detail): string {
  const each = `every ${Number(detail.lanes.step_s.toFixed(3))} s`;
  if (detail.kind === "shares") return `Height: how many of the scores, one for ${each}, reach the threshold.`;
  const which = detail.kind === "maxima" ? "the highest score there, of one" : "the score, one";
  return `Height: ${which} for ${each}; the broken line is the threshold.`;
}

function sayPointed(state: LaneState): string | null {
  const { model } = state;
  const [lanes, time_s, place] = [model.lanes.value, model.pointer_s.value, state.pointed.value];
  const taxon = state.shown.value[place ?? -1];
  if (lanes === null || time_s === null || taxon === undefined) return null;
  const time = timeInWords(model, time_s, model.span_s.value < 20 ? 1 : 0);
  const event = eventAt(model.events.value ?? [], taxon, time_s, 0);
  const review = event === null ? undefined : model.verdicts.value.get(event);
  const verdict = review === undefined ? "" : `. ${sayVerdict(review)}`;
  return `${nameOf(lanes, taxon)}, ${time}: ${sayScore(state, lanes, taxon, time_s)}${verdict}`;
}

function sayScore(state: LaneState, lanes: Lanes, taxon: number, time_s: number): string {
  const gap = gapAt(state.gaps.value, time_s);
  if (gap !== null) return gap.reason === null ? "not analyzed yet" : `lost, ${gap.reason}`;
  const { model } = state;
  // About a pixel, as the lanes have it.
  const scale = timeScale(model.start_s.value, model.span_s.value, 1000);
  const detail = chooseDetail(lanes, model.frames.value, scale);
  if (detail.kind !== "shares") {
    const at = Math.floor(time_s / detail.lanes.step_s) - detail.lanes.first;
    return (highestStep(detail.lanes, taxon, at, at + 1) / STEPS).toFixed(2);
  }
  const { begins } = columnsOf(lanes, scale);
  const column = Math.floor(scale.toX(time_s) - detail.columns.x);
  const [from, to] = [begins[column] ?? 0, begins[column + 1] ?? 0];
  const threshold = model.threshold.value ?? lanes.taxa[taxon]?.rule.onset_threshold ?? 1;
  const before = analyzedBefore(lanes);
  const reaching = countReaching(lanes, taxon, from, to, leastStep(threshold));
  return `${reaching} of ${(before[to] ?? 0) - (before[from] ?? 0)} windows reach ${formatScore(threshold)}`;
}
