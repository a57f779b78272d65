import { effect, useSignal } from "@preact/signals";
import type { HTMLAttributes } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { pixelRatio } from "./pixel_ratio";

export interface Size {
  /** In CSS pixels; the context is scaled for the screen. */
  width: number;
  height: number;
}

interface Props extends Omit<HTMLAttributes<HTMLCanvasElement>, "ref" | "size"> {
  /** What it shows, in words, for those who do not see it. */
  summary: string;
  height: number;
  /** Draws all of it. Signals that it reads have it drawn again, at most once a frame. */
  draw: (context: CanvasRenderingContext2D, size: Size) => void;
}

/** A canvas as wide as its place, sharp on every screen, drawn again when what it reads changes. */
export function Plot({ summary, height, draw, ...rest }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const width = useSignal(0);
  const latest = useSignal(draw);
  latest.value = draw;
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const watch = new ResizeObserver(([entry]) => (width.value = Math.round(entry?.contentRect.width ?? 0)));
    watch.observe(element);
    const stop = drawOnFrames(() => {
      if (width.value > 0) paint(element, { width: width.value, height }, latest.value);
    });
    return () => {
      watch.disconnect();
      stop();
    };
  }, [height]);
  return (
    <canvas ref={canvas} role="img" aria-label={summary} class="plot" style={{ height: `${height}px` }} {...rest} />
  );
}

/** Run it now, and on the next frame whenever a signal that it read has changed. */
function drawOnFrames(run: () => void): () => void {
  let frame = 0;
  let stop: (() => void) | null = null;
  const watch = () => {
    stop?.();
    let isFirst = true;
    stop = effect(() => {
      if (isFirst) run();
      else frame = requestAnimationFrame(watch);
      isFirst = false;
    });
  };
  watch();
  return () => {
    cancelAnimationFrame(frame);
    stop?.();
  };
}

function paint(element: HTMLCanvasElement, size: Size, draw: Props["draw"]): void {
  const scale = pixelRatio.value;
  element.width = Math.round(size.width * scale);
  element.height = Math.round(size.height * scale);
  const context = element.getContext("2d");
  if (context === null) return;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  draw(context, size);
}
