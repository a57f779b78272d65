/** What a drag over the overview does to the visible stretch. */

/** What is held: the whole stretch or one of its ends; nothing, where a new one is drawn. */
export type Grip = "whole" | "start" | "end";

export interface Stretch {
  start_s: number;
  span_s: number;
}

export interface Drag {
  /** The stretch while the pointer is at this time; null while it has not moved far enough to count. */
  move: (time_s: number) => Stretch | null;
  /** The stretch when the pointer was let go there. */
  end: (time_s: number) => Stretch | null;
}

const COUNTS_FROM_PX = 4;
/** A stretch of nearly all leaves no room to draw another beside it: within it one is drawn. */
const NEARLY_ALL = 0.98;

/** Begin a drag at a time, over a plot of this width that shows the whole recording. */
export function beginDrag(now: Stretch & { all_s: number }, from_s: number, width: number, grip?: Grip): Drag {
  const held = grip === "whole" && now.span_s > NEARLY_ALL * now.all_s ? undefined : grip;
  const least_s = (COUNTS_FROM_PX / width) * now.all_s;
  let isDragging = false;
  const move = (time_s: number): Stretch | null => {
    isDragging ||= Math.abs(time_s - from_s) >= least_s;
    return isDragging ? moved(now, from_s, time_s, held) : null;
  };
  return {
    move,
    end: (time_s) => {
      const last = move(time_s);
      if (last !== null || held !== undefined) return last;
      // A click beside the stretch brings it there.
      return grip === undefined ? { start_s: time_s - now.span_s / 2, span_s: now.span_s } : null;
    },
  };
}

function moved(now: Stretch & { all_s: number }, from_s: number, time_s: number, grip: Grip | undefined): Stretch {
  const at_s = Math.min(Math.max(time_s, 0), now.all_s);
  const end_s = now.start_s + now.span_s;
  if (grip === "whole") return { start_s: now.start_s + time_s - from_s, span_s: now.span_s };
  const fixed_s = grip === "start" ? end_s : grip === "end" ? now.start_s : from_s;
  return { start_s: Math.min(fixed_s, at_s), span_s: Math.abs(at_s - fixed_s) };
}
