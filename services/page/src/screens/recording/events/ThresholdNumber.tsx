import { useModel } from "../model";
import type { Cutting } from "./cutting";
import { formatScore, sayRefused } from "./threshold_words";

/** The threshold as a number, to read and to write; what cannot be is refused in words, and what was typed stays. */
export function ThresholdNumber({ cutting, shown }: { cutting: Cutting; shown: number }) {
  const model = useModel();
  const floor = cutting.floor.value;
  const refused = cutting.refused.value;
  const change = (text: string) => {
    const value = Number(text);
    if (text.trim() === "" || !Number.isFinite(value)) return;
    if (value < floor || value > 1) cutting.refused.value = value;
    else model.threshold.value = value;
  };
  return (
    <>
      <input
        type="number"
        class="number"
        aria-label="Lowest score at which events begin"
        aria-invalid={refused !== null}
        aria-describedby={refused === null ? undefined : "threshold-refused"}
        min={floor}
        max={1}
        step="any"
        value={refused ?? formatScore(shown)}
        onChange={(event) => change(event.currentTarget.value)}
      />
      {refused !== null && (
        <p class="say warn" id="threshold-refused" role="alert">
          {sayRefused(refused, floor)}
          <button type="button" onClick={() => (model.threshold.value = floor)}>
            Use {floor}
          </button>
        </p>
      )}
    </>
  );
}
