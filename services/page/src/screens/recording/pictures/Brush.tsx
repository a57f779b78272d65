import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { colorMap } from "../../../app/preferences";
import { quietest } from "../../../drawing/color_maps";
import { isDark } from "../../../drawing/theme";
import { LEAST_SPAN_S, useModel, type RecordingModel } from "../model";
import { beginDrag, type Drag, type Grip } from "./brush_drag";
import { timeInWords } from "./times";

/** The visible stretch within the whole: drag it, its edges, or draw another; by keyboard three sliders. */
export function Brush({ place }: { place: RefObject<HTMLElement | null> }) {
  const model = useModel();
  const all_s = model.duration_s.value;
  const [start_s, end_s] = [model.start_s.value, model.start_s.value + model.span_s.value];
  useDrags(place, model);
  const [left, right] = [(100 * start_s) / all_s, (100 * end_s) / all_s];
  // What lies beside fades into the picture's own ground.
  const background = quietest(colorMap.value, isDark.value);
  return (
    <div class="brush">
      <div class="beside" style={{ left: 0, width: `${left}%`, background }} />
      <div class="beside" style={{ left: `${right}%`, right: 0, background }} />
      <div class="window" style={{ left: `${left}%`, width: `${right - left}%` }}>
        <Handle grip="whole" name="Shown stretch" at={start_s} span={end_s - start_s} />
        <Handle grip="start" name="Start of the shown stretch" at={start_s} span={0} />
        <Handle grip="end" name="End of the shown stretch" at={end_s} span={0} />
      </div>
    </div>
  );
}

interface HandleProps {
  grip: Grip;
  name: string;
  at: number;
  span: number;
}

function Handle({ grip, name, at, span }: HandleProps) {
  const model = useModel();
  const said = (time_s: number) => timeInWords(model, time_s, model.span_s.value < 20 ? 1 : 0);
  return (
    <div
      class={`handle ${grip}`}
      data-grip={grip}
      role="slider"
      tabIndex={0}
      aria-label={name}
      aria-valuemin={0}
      aria-valuemax={model.duration_s.value}
      aria-valuenow={Number(at.toFixed(3))}
      aria-valuetext={span > 0 ? `${said(at)} to ${said(at + span)}` : said(at)}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const share = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 }[event.key];
        const step = event.shiftKey ? 10 : 1;
        if (share !== undefined) move(model, grip, at + (share * step * model.span_s.value) / 10);
        else if (event.key === "Home") move(model, grip, 0);
        else if (event.key === "End") move(model, grip, model.duration_s.value);
        else return;
        event.preventDefault();
      }}
    />
  );
}

/** Move the stretch or one of its ends to a time. */
function move(model: RecordingModel, grip: Grip, to_s: number): void {
  const [start_s, span_s, all_s] = [model.start_s.value, model.span_s.value, model.duration_s.value];
  const end_s = start_s + span_s;
  const least_s = Math.min(LEAST_SPAN_S, all_s);
  if (grip === "whole") model.show(to_s, span_s);
  else if (grip === "start") {
    const start = Math.min(Math.max(0, to_s), end_s - least_s);
    model.show(start, end_s - start);
  } else model.show(start_s, Math.min(Math.max(to_s, start_s + least_s), all_s) - start_s);
}

/** Have the pointer drag the stretch, one of its ends, or draw a new one. */
function useDrags(place: RefObject<HTMLElement | null>, model: RecordingModel): void {
  const drag = useRef<Drag | null>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const timeOf = (event: PointerEvent) => {
      const box = element.getBoundingClientRect();
      return ((event.clientX - box.left) / box.width) * model.duration_s.value;
    };
    const ended = new AbortController();
    const on = (name: "pointerdown" | "pointermove" | "pointerup" | "pointercancel", run: (e: PointerEvent) => void) =>
      element.addEventListener(name, run, { signal: ended.signal });
    on("pointerdown", (event) => {
      if (event.button !== 0) return;
      element.setPointerCapture(event.pointerId);
      const grip = event.target instanceof HTMLElement ? event.target.dataset.grip : undefined;
      const stretch = { start_s: model.start_s.value, span_s: model.span_s.value, all_s: model.duration_s.value };
      drag.current = beginDrag(stretch, timeOf(event), element.clientWidth, grip as Grip | undefined);
    });
    on("pointermove", (event) => {
      model.pointer_s.value = timeOf(event);
      const next = drag.current?.move(timeOf(event));
      if (next != null) model.show(next.start_s, next.span_s);
    });
    on("pointerup", (event) => {
      const next = drag.current?.end(timeOf(event));
      if (next != null) model.show(next.start_s, next.span_s);
      drag.current = null;
    });
    on("pointercancel", () => (drag.current = null));
    element.addEventListener("pointerleave", () => (model.pointer_s.value = null), { signal: ended.signal });
    return () => ended.abort();
  }, [model]);
}
