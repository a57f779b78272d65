import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { watchGestures } from "../../../drawing/gestures";
import type { RecordingModel } from "../model";

interface Choices {
  /** Whether the wheel alone zooms; where it does not, it scrolls the page. */
  wheelZooms: boolean;
  /** A click at a time, `y` pixels from the top; unless given, it moves the cursor there. */
  pick?: (time_s: number, y: number) => void;
  point?: (time_s: number | null, y: number) => void;
}

/** Zoom and pan the visible stretch over an element that is as wide as the plots, and move the pointer's line. */
export function useTimeGestures(place: RefObject<HTMLElement | null>, model: RecordingModel, choices: Choices): void {
  const { wheelZooms } = choices;
  const latest = useRef(choices);
  latest.current = choices;
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const timeAt = (share: number) => model.start_s.value + share * model.span_s.value;
    return watchGestures(element, {
      wheelZooms,
      zoom: (factor, share) => model.zoom(factor, timeAt(share)),
      pan: (share) => model.show(model.start_s.value + share * model.span_s.value, model.span_s.value),
      pick: (share, y) => {
        if (latest.current.pick === undefined) model.cursor_s.value = timeAt(share);
        else latest.current.pick(timeAt(share), y);
      },
      point: (share, y) => {
        model.pointer_s.value = share === null ? null : timeAt(share);
        latest.current.point?.(model.pointer_s.value, y);
      },
    });
  }, [model, wheelZooms]);
}
