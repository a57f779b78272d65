import { LEAST_BAND_HZ } from "../../../drawing/frequency_scale";
import { useModel } from "../model";
import { bandOf, zoomBand } from "./band";
import { FrequencyAxis } from "./FrequencyAxis";

/** The frequency axis, and what zooms it. */
export function FrequencyGutter({ height }: { height: number }) {
  const model = useModel();
  const [low_hz, high_hz] = bandOf(model);
  if (model.spectrogram.value === null) return <div class="gutter" />;
  const isAll = model.band_hz.value === null;
  return (
    <div class="gutter frequencies">
      <div class="frequency-zoom" role="group" aria-label="Frequencies">
        <span class="soft" aria-hidden="true">
          Frequencies
        </span>
        <button
          type="button"
          class="small"
          aria-label="Zoom out of frequencies"
          title="Zoom out of frequencies"
          disabled={isAll}
          onClick={() => zoomBand(model, 2)}
        >
          −
        </button>
        <button
          type="button"
          class="small"
          aria-label="Zoom in on frequencies"
          title="Zoom in on frequencies; or drag along the axis"
          disabled={high_hz - low_hz <= LEAST_BAND_HZ}
          onClick={() => zoomBand(model, 0.5)}
        >
          +
        </button>
        <button
          type="button"
          class="small"
          aria-label="Show all frequencies"
          title="Show all frequencies"
          disabled={isAll}
          onClick={() => (model.band_hz.value = null)}
        >
          All
        </button>
      </div>
      <FrequencyAxis height={height} />
    </div>
  );
}
