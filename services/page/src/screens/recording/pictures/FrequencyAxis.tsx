import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { bandAround, formatKhz, frequencyScale, frequencyTicks } from "../../../drawing/frequency_scale";
import { Plot, type Size } from "../../../drawing/Plot";
import { resolveColor } from "../../../drawing/theme";
import { useModel, type RecordingModel } from "../model";
import { bandOf, zoomBand } from "./band";

const ROOM = 30;
const LEAST_DRAG = 6;

/** Frequencies from the lowest to the highest that is shown; a drag along it shows those between only. */
export function FrequencyAxis({ height }: { height: number }) {
  const model = useModel();
  const place = useRef<HTMLDivElement>(null);
  const from = useSignal<number | null>(null);
  const to = useSignal(0);
  useWheel(model, place, height);
  const [low_hz, high_hz] = bandOf(model);
  const yOf = (event: PointerEvent) => event.clientY - (place.current?.getBoundingClientRect().top ?? 0);
  const finish = () => {
    if (from.value !== null && Math.abs(to.value - from.value) >= LEAST_DRAG)
      showBetween(model, height, from.value, to.value);
    from.value = null;
  };
  return (
    <div
      ref={place}
      class="frequency-axis"
      title="Drag to zoom in on frequencies, double-click for all"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.value = to.value = yOf(event);
      }}
      onPointerMove={(event) => (to.value = Math.min(Math.max(yOf(event), 0), height))}
      onPointerUp={finish}
      onPointerCancel={() => (from.value = null)}
      onDblClick={() => (model.band_hz.value = null)}
    >
      <Plot
        height={height}
        summary={`Frequency axis, ${formatKhz(low_hz)} to ${formatKhz(high_hz)} kHz`}
        draw={(context, size) => draw(context, size, model)}
      />
      {from.value !== null && (
        <div
          class="band"
          style={{ top: `${Math.min(from.value, to.value)}px`, height: `${Math.abs(to.value - from.value)}px` }}
        />
      )}
    </div>
  );
}

function useWheel(model: RecordingModel, place: { current: HTMLElement | null }, height: number): void {
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const y = event.clientY - element.getBoundingClientRect().top;
      zoomBand(model, Math.exp(event.deltaY * 0.002), frequencyScale(bandOf(model), height).toHz(y));
    };
    element.addEventListener("wheel", turn, { passive: false });
    return () => element.removeEventListener("wheel", turn);
  }, [model, height]);
}

function showBetween(model: RecordingModel, height: number, y0: number, y1: number): void {
  const scale = frequencyScale(bandOf(model), height);
  const [a, b] = [scale.toHz(y0), scale.toHz(y1)];
  model.band_hz.value = bandAround((a + b) / 2, Math.abs(a - b), model.spectrogram.value?.max_hz ?? 0);
}

function draw(context: CanvasRenderingContext2D, size: Size, model: RecordingModel): void {
  const scale = frequencyScale(bandOf(model), size.height);
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "right";
  context.textBaseline = "middle";
  const ticks = frequencyTicks(scale, ROOM).filter((hz) => scale.toY(hz) > ROOM / 2);
  for (const hz of ticks) drawTick(context, size, scale.toY(hz), formatKhz(hz));
  drawTick(context, size, 0, `${formatKhz(scale.high_hz)} kHz`);
}

function drawTick(context: CanvasRenderingContext2D, size: Size, y: number, label: string): void {
  context.fillStyle = resolveColor("control-line");
  context.fillRect(size.width - 5, Math.min(Math.round(y), size.height - 1), 5, 1);
  context.fillStyle = resolveColor("ink-soft");
  // Narrowed rather than cut: "22.05 kHz" without its first digit would be another frequency.
  context.fillText(label, size.width - 9, Math.min(Math.max(y, 6), size.height - 5), size.width - 9);
}
