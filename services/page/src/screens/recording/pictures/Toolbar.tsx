import { useSignal, type Signal } from "@preact/signals";

import { colorMap } from "../../../app/preferences";
import { formatKhz, frequencyScale } from "../../../drawing/frequency_scale";
import { formatLength } from "../../../time/clock";
import { LEAST_SPAN_S, useModel } from "../model";
import { Contrast } from "./Contrast";
import { bandOf } from "./band";
import { lossAt } from "./marks";
import type { Pictures } from "./pictures";
import { timeInWords } from "./times";

interface Props {
  pictures: Pictures;
  /** Whether all that is shown is drawn. */
  isWhole: boolean;
  pointerY: Signal<number | null>;
  height: number;
}

/** What one may do with the picture, beneath it. */
export function Toolbar({ pictures, isWhole, pointerY, height }: Props) {
  const hasContrast = useSignal(false);
  return (
    <div class="row">
      <div class="gutter" />
      <div class="picture-tools">
        <Zoom />
        <Said isWhole={isWhole} pointerY={pointerY} height={height} />
        <Channel />
        <label>
          <span class="hidden-visually">Colors</span>
          <select
            value={colorMap.value}
            title="Colors of the picture"
            onChange={(event) => (colorMap.value = event.currentTarget.value as typeof colorMap.value)}
          >
            <option value="gray">Gray</option>
            <option value="magma">Magma</option>
            <option value="viridis">Viridis</option>
          </select>
        </label>
        <button
          type="button"
          aria-expanded={hasContrast.value}
          onClick={() => (hasContrast.value = !hasContrast.value)}
        >
          Contrast
        </button>
        {hasContrast.value && <Contrast pictures={pictures} />}
      </div>
    </div>
  );
}

function Zoom() {
  const model = useModel();
  const [span_s, all_s] = [model.span_s.value, model.duration_s.value];
  const isAll = span_s >= all_s;
  return (
    <div class="zoom" role="group" aria-label="Time">
      <button type="button" aria-label="Zoom out" title="Zoom out (−)" disabled={isAll} onClick={() => model.zoom(2)}>
        −
      </button>
      <button
        type="button"
        aria-label="Zoom in"
        title="Zoom in (+)"
        disabled={span_s <= Math.min(LEAST_SPAN_S, all_s)}
        onClick={() => model.zoom(0.5)}
      >
        +
      </button>
      <button
        type="button"
        aria-label="Show all of the recording"
        title="Show all of the recording (0)"
        disabled={isAll}
        onClick={() => model.show(0, all_s)}
      >
        All
      </button>
      <span class="soft number">{formatLength(Number(span_s.toPrecision(3)))}</span>
    </div>
  );
}

/** What the pointer is over, or what is still on its way. */
function Said({ isWhole, pointerY, height }: Omit<Props, "pictures">) {
  const model = useModel();
  const time_s = model.pointer_s.value;
  if (time_s !== null && pointerY.value !== null) {
    const lost = lossAt(model, time_s);
    const hz = frequencyScale(bandOf(model), height).toHz(pointerY.value);
    const where = `${timeInWords(model, time_s, 1)} · ${formatKhz(Math.round(hz / 10) * 10)} kHz`;
    return <span class="said number">{lost === null ? where : `${where} · not analyzed: ${lost.reason}`}</span>;
  }
  return (
    <span class="said soft" role="status">
      {isWhole || model.spectrogram.value === null ? "" : "Drawing …"}
    </span>
  );
}

/** Which channel is shown and heard, where there are several. */
function Channel() {
  const model = useModel();
  const n = model.recording.value.channels;
  if (n < 2) return null;
  return (
    <label>
      <span class="hidden-visually">Channel</span>
      <select
        title="Channel that is shown and heard"
        value={String(model.channel.value ?? "")}
        onChange={(event) => (model.channel.value = Number(event.currentTarget.value) || null)}
      >
        <option value="">As analyzed</option>
        {Array.from({ length: n }, (_, i) => (
          <option key={i} value={String(i + 1)}>
            Channel {i + 1}
          </option>
        ))}
      </select>
    </label>
  );
}
