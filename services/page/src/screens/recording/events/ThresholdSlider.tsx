import "./events.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useId, useMemo } from "preact/hooks";

import { useShortcuts } from "../../../app/shortcuts";
import { useModel } from "../model";
import { Cutting } from "./cutting";
import { ThresholdNumber } from "./ThresholdNumber";
import { leastOnSlider, ownThreshold, sayFound, sayThreshold, slideTo, STEP } from "./threshold_words";

/** How far a press of [ or ] goes. */
const KEY_STEP = 0.05;

/** The threshold at which all events are cut anew, at once; and how many there are. */
export function ThresholdSlider() {
  const model = useModel();
  const cutting = useSignal<Cutting | null>(null);
  useEffect(() => {
    cutting.value = new Cutting(model);
    return () => cutting.value?.close();
  }, [model]);
  if (model.analysis.value === null || cutting.value === null) return null;
  return <Slider cutting={cutting.value} />;
}

function Slider({ cutting }: { cutting: Cutting }) {
  const model = useModel();
  const id = useId();
  const found = useComputed(() => sayFound(model, cutting));
  const floor = cutting.floor.value;
  const threshold = model.threshold.value;
  const shown = threshold ?? ownThreshold(model.lanes.value, floor);
  const step = (by: number) => {
    model.threshold.value = slideTo((model.threshold.peek() ?? shown) + by, by, floor);
  };
  useShortcuts(
    useMemo(
      () => [
        { key: "[", does: "Lower the threshold", run: () => step(-KEY_STEP) },
        { key: "]", does: "Raise the threshold", run: () => step(KEY_STEP) },
      ],
      [shown, floor],
    ),
  );
  return (
    <div class="threshold">
      <label for={id}>Threshold</label>
      <input
        id={id}
        type="range"
        min={leastOnSlider(floor)}
        max={1}
        step={STEP}
        value={shown}
        aria-valuetext={`${sayThreshold(threshold)}: ${found.value}`}
        onInput={(event) => (model.threshold.value = Number(event.currentTarget.value))}
      />
      <ThresholdNumber cutting={cutting} shown={shown} />
      {threshold === null ? (
        <span class="soft own">Each taxon’s own</span>
      ) : (
        <button type="button" class="quiet own" onClick={() => (model.threshold.value = null)}>
          Reset<span class="hidden-visually"> to each taxon’s own</span>
        </button>
      )}
      <output for={id} class="found number">
        {found}
      </output>
    </div>
  );
}
