import { useMemo } from "preact/hooks";

import { useShortcuts } from "../../../app/shortcuts";
import { LEAST_BAND_HZ } from "../../../drawing/frequency_scale";
import { useModel, type RecordingModel } from "../model";
import { bandOf, moveBand, zoomBand } from "./band";
import { FrequencyAxis } from "./FrequencyAxis";

const NEARER = 0.5;
const MOVE_SHARE = 0.25;

/** The frequency axis, and what zooms and moves it, by button or key. */
export function FrequencyGutter({ height }: { height: number }) {
  const model = useModel();
  useShortcuts(useMemo(() => keysOf(model), [model]));
  if (model.spectrogram.value === null) return <div class="gutter" />;
  return (
    <div class="gutter frequencies">
      <div class="frequency-zoom" role="group" aria-label="Frequencies">
        <span class="soft" aria-hidden="true">
          Frequencies
        </span>
        <BandButtons />
      </div>
      <FrequencyAxis height={height} />
    </div>
  );
}

function BandButtons() {
  const model = useModel();
  const [low_hz, high_hz] = bandOf(model);
  const isAll = model.band_hz.value === null;
  const [least_hz, most_hz] = [model.spectrogram.value?.min_hz ?? 0, model.spectrogram.value?.max_hz ?? 0];
  const isNearest = high_hz - low_hz <= LEAST_BAND_HZ;
  return (
    <>
      <Act sign="−" name="Zoom out of frequencies" keys="Shift+F" off={isAll} run={() => zoomBand(model, 1 / NEARER)} />
      <Act sign="+" name="Zoom in on frequencies" keys="F" off={isNearest} run={() => zoomBand(model, NEARER)} />
      <Act sign="All" name="Show all frequencies" off={isAll} run={() => (model.band_hz.value = null)} />
      <Act
        sign="↓"
        name="Show lower frequencies"
        keys="Shift+↓"
        off={low_hz <= least_hz}
        run={() => moveBand(model, -MOVE_SHARE)}
      />
      <Act
        sign="↑"
        name="Show higher frequencies"
        keys="Shift+↑"
        off={high_hz >= most_hz}
        run={() => moveBand(model, MOVE_SHARE)}
      />
    </>
  );
}

interface ActProps {
  sign: string;
  name: string;
  /** What does the same by keyboard. */
  keys?: string;
  off: boolean;
  run: () => void;
}

function Act({ sign, name, keys, off, run }: ActProps) {
  const title = keys === undefined ? name : `${name} (${keys})`;
  return (
    <button type="button" class="small" aria-label={name} title={title} disabled={off} onClick={run}>
      {sign}
    </button>
  );
}

function keysOf(model: RecordingModel) {
  return [
    { key: "f", does: "Zoom in on frequencies", run: () => zoomBand(model, NEARER) },
    { key: "Shift+f", does: "Zoom out of frequencies", run: () => zoomBand(model, 1 / NEARER) },
    { key: "Shift+ArrowUp", does: "Show higher frequencies", run: () => moveBand(model, MOVE_SHARE) },
    { key: "Shift+ArrowDown", does: "Show lower frequencies", run: () => moveBand(model, -MOVE_SHARE) },
  ];
}
