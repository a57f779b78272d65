import { highPassHz } from "../../app/preferences";

const STEPS_HZ = [0, 200, 500, 1000, 2000] as const;

/** Leaves out what lies below a frequency: wind, traffic, handling. */
export function HighPassControl() {
  const index = Math.max(
    0,
    STEPS_HZ.findLastIndex((each) => each <= highPassHz.value),
  );
  const hertz = STEPS_HZ[index] ?? 0;
  const text = hertz === 0 ? "off" : hertz < 1000 ? `${hertz} Hz` : `${hertz / 1000} kHz`;
  return (
    <label title="Leaves out wind and traffic: all sounds below this frequency">
      High-pass
      <input
        type="range"
        min={0}
        max={STEPS_HZ.length - 1}
        step={1}
        value={index}
        aria-valuetext={text}
        onInput={(event) => (highPassHz.value = STEPS_HZ[event.currentTarget.valueAsNumber] ?? 0)}
      />
      <output class="number">{text}</output>
    </label>
  );
}
