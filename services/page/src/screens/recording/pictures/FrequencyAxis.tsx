import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { drawFrequencyAxis } from "../../../drawing/frequency_axis";
import { bandAround, formatKhz, frequencyScale } from "../../../drawing/frequency_scale";
import { Plot } from "../../../drawing/Plot";
import { useModel, type RecordingModel } from "../model";
import { bandOf, zoomBand } from "./band";

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
        draw={(context, size) => drawFrequencyAxis(context, size, bandOf(model))}
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
