import { useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Plot } from "../../../drawing/Plot";
import { CursorLines } from "../pictures/CursorLines";
import { useTimeGestures } from "../pictures/time_gestures";
import { stretchInWords } from "../pictures/times";
import { drawLanes } from "./draw_lanes";
import { LaneNames } from "./LaneNames";
import type { LaneState } from "./lane_state";
import { eventAt } from "./pick";

/** How far from an event a click still means it. */
const NEAR_PX = 4;

/** Names at the left, and over the time one canvas, which draws the lanes that are seen. */
export function LaneList({ state }: { state: LaneState }) {
  const { model } = state;
  const scroller = useRef<HTMLDivElement>(null);
  const plot = useRef<HTMLDivElement>(null);
  useSeenPart(scroller, state);
  useTimeGestures(plot, model, {
    wheelZooms: false,
    pick: (time_s, y) => pick(state, plot.current, time_s, y),
    point: (time_s, y) => (state.pointed.value = time_s === null ? null : placeAt(state, y)),
  });
  const count = state.shown.value.length;
  const all_px = count * state.row_px.value;
  return (
    <div
      class="lane-scroller"
      ref={scroller}
      onScroll={(event) => (state.top_px.value = event.currentTarget.scrollTop)}
    >
      <div class="lane-grid" style={{ height: `${all_px}px` }}>
        <LaneNames state={state} />
        <div class="lane-plot" ref={plot}>
          <Plot
            height={Math.min(all_px, state.seen_px.value)}
            summary={`Lanes of ${count === 1 ? "1 taxon" : `${count} taxa`}, ${stretchInWords(model)}. The table of events says the same.`}
            draw={(context, size) => drawLanes(context, size, state)}
          />
          <CursorLines />
        </div>
      </div>
    </div>
  );
}

/** Note how much of the lanes is seen, and scroll to the lane that gets the focus. */
function useSeenPart(scroller: { current: HTMLDivElement | null }, state: LaneState): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => (state.seen_px.value = element.clientHeight));
    watch.observe(element);
    return () => watch.disconnect();
  }, []);
  useSignalEffect(() => {
    const at = state.shown.value.indexOf(state.model.taxon.value ?? -1);
    const element = scroller.current;
    if (at < 0 || element === null) return;
    const top = at * state.row_px.value;
    const bottom = top + state.row_px.value;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (bottom > element.scrollTop + element.clientHeight) element.scrollTop = bottom - element.clientHeight;
  });
}

/** Which of the shown lanes lies there, `y` pixels from the top of the plot; null: none. */
function placeAt(state: LaneState, y: number): number | null {
  const place = Math.floor((y + state.top_px.value) / state.row_px.value);
  return place >= 0 && place < state.shown.value.length ? place : null;
}

function pick(state: LaneState, plot: HTMLElement | null, time_s: number, y: number): void {
  const { model } = state;
  const taxon = state.shown.value[placeAt(state, y) ?? -1];
  if (taxon === undefined || plot === null) return;
  const near_s = (NEAR_PX * model.span_s.value) / plot.clientWidth;
  const event = eventAt(model.events.value ?? [], taxon, time_s, near_s);
  if (event !== null) model.select(event);
  else {
    model.taxon.value = taxon;
    model.cursor_s.value = time_s;
  }
}
