import "../../../drawing/cursor.css";
import "./pictures.css";

import { useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";

import { useModel, type RecordingModel } from "../model";

/** Which stretch the plot beneath shows; null: the visible one. */
interface Props {
  whole?: boolean;
}

/**
 * The lines where the sound is played and where the pointer is, over a plot that is not drawn again when they move.
 *
 * Its parent is positioned and as wide as the plot.
 */
export function CursorLines({ whole = false }: Props) {
  const model = useModel();
  return (
    <div class="cursor-lines" aria-hidden="true">
      <Line kind="pointer" model={model} whole={whole} />
      <Line kind="cursor" model={model} whole={whole} />
    </div>
  );
}

function Line({ kind, model, whole }: { kind: "pointer" | "cursor"; model: RecordingModel; whole: boolean }) {
  const line = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const time_s = (kind === "cursor" ? model.cursor_s : model.pointer_s).value;
    const start_s = whole ? 0 : model.start_s.value;
    const span_s = whole ? model.duration_s.value : model.span_s.value;
    const share = time_s === null ? -1 : (time_s - start_s) / span_s;
    if (line.current === null) return;
    line.current.hidden = share < 0 || share > 1;
    line.current.style.transform = `translateX(${100 * Math.min(Math.max(share, 0), 1)}%)`;
  });
  return <div ref={line} class={`line ${kind}`} hidden />;
}
