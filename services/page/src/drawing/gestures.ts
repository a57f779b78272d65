/** Zooming and panning a plot by mouse, touchpad and fingers: the same in the spectrogram and in the lanes. */

export interface Gestures {
  /** Zoom by a factor (below 1: nearer), keeping what lies at this share of the width where it is. */
  zoom: (factor: number, atShare: number) => void;
  /** Move what is shown by this share of the width; positive: to later times. */
  pan: (byShare: number) => void;
  /** The pointer is at this share of the width; null: it left. `y` is in pixels from the top. */
  point?: (atShare: number | null, y: number) => void;
  /** A click that was no drag. */
  pick?: (atShare: number, y: number) => void;
  /** Whether the wheel alone zooms; else it scrolls the page, and zooms with Ctrl, as touchpads say for a pinch. */
  wheelZooms: boolean;
}

const DRAG_FROM_PX = 4;
const LINE_PX = 16;

/** Listen to an element's pointers and wheel until the returned function is called. */
export function watchGestures(element: HTMLElement, gestures: Gestures): () => void {
  const ended = new AbortController();
  const options = { signal: ended.signal };
  const fingers = new Fingers(element, gestures);
  element.addEventListener("wheel", (event) => turn(element, gestures, event), { ...options, passive: false });
  element.addEventListener("pointerdown", (event) => fingers.down(event), options);
  element.addEventListener("pointermove", (event) => fingers.move(event), options);
  element.addEventListener("pointerup", (event) => fingers.up(event, true), options);
  element.addEventListener("pointercancel", (event) => fingers.up(event, false), options);
  element.addEventListener("pointerleave", (event) => fingers.leave(event), options);
  const zoomThere = (event: MouseEvent) => {
    if (!isOnControl(event)) gestures.zoom(0.5, placeOf(element, event.clientX));
  };
  element.addEventListener("dblclick", zoomThere, options);
  return () => ended.abort();
}

/** A button over the plot is for itself. */
function isOnControl(event: MouseEvent): boolean {
  return event.target instanceof Element && event.target.closest("button, a") !== null;
}

function placeOf(element: HTMLElement, clientX: number): number {
  const box = element.getBoundingClientRect();
  return (clientX - box.left) / box.width;
}

function turn(element: HTMLElement, gestures: Gestures, event: WheelEvent): void {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
  const [across, along] = event.shiftKey ? [event.deltaY || event.deltaX, 0] : [event.deltaX, event.deltaY];
  const pans = Math.abs(across) > Math.abs(along);
  if (!pans && !event.ctrlKey && !gestures.wheelZooms) return;
  event.preventDefault();
  if (pans) gestures.pan((across * unit) / element.clientWidth);
  else gestures.zoom(Math.exp(along * unit * (event.ctrlKey ? 0.01 : 0.002)), placeOf(element, event.clientX));
}

/** The pointers that are down: one drags, two pinch. */
class Fingers {
  private readonly xs = new Map<number, number>();
  private moved = false;
  private downX = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly gestures: Gestures,
  ) {}

  down(event: PointerEvent): void {
    if (event.button !== 0 || isOnControl(event)) return;
    if (this.xs.size === 0) [this.moved, this.downX] = [false, event.clientX];
    else this.moved = true;
    this.xs.set(event.pointerId, event.clientX);
  }

  move(event: PointerEvent): void {
    const top = this.element.getBoundingClientRect().top;
    if (event.pointerType !== "touch") this.gestures.point?.(placeOf(this.element, event.clientX), event.clientY - top);
    const before = this.xs.get(event.pointerId);
    if (before === undefined) return;
    if (!this.moved && Math.abs(event.clientX - this.downX) < DRAG_FROM_PX) return;
    if (!this.element.hasPointerCapture(event.pointerId)) this.element.setPointerCapture(event.pointerId);
    this.moved = true;
    const middleAndGap = this.spread();
    this.xs.set(event.pointerId, event.clientX);
    this.follow(middleAndGap, this.spread());
  }

  up(event: PointerEvent, counts: boolean): void {
    if (!this.xs.delete(event.pointerId) || this.xs.size > 0 || this.moved || !counts) return;
    this.gestures.pick?.(
      placeOf(this.element, event.clientX),
      event.clientY - this.element.getBoundingClientRect().top,
    );
  }

  /** Away before a drag has begun: it will not be told where the pointer is let go. */
  leave(event: PointerEvent): void {
    this.xs.delete(event.pointerId);
    this.gestures.point?.(null, 0);
  }

  private follow([x0, gap0]: [number, number], [x1, gap1]: [number, number]): void {
    this.gestures.pan((x0 - x1) / this.element.clientWidth);
    if (gap0 > 0 && gap1 > 0) this.gestures.zoom(gap0 / gap1, placeOf(this.element, x1));
  }

  /** The middle of the pointers, and how far the outer ones are apart. */
  private spread(): [middle: number, gap: number] {
    const [left, right] = [Math.min(...this.xs.values()), Math.max(...this.xs.values())];
    return [(left + right) / 2, right - left];
  }
}
