import { gainDb } from "../../app/preferences";

const STEP_DB = 6;
const MOST_DB = 36;

/** How much louder than it was recorded it is played. */
export function GainControl() {
  const text = gainDb.value === 0 ? "0 dB" : `+${gainDb.value} dB`;
  return (
    <label title="Louder than it was recorded (G)">
      Gain
      <input
        type="range"
        min={0}
        max={MOST_DB}
        step={STEP_DB}
        value={gainDb.value}
        aria-valuetext={text}
        onInput={(event) => (gainDb.value = event.currentTarget.valueAsNumber)}
      />
      <output class="number">{text}</output>
    </label>
  );
}

/** Louder by a step; after the loudest as it was recorded. */
export function stepGain(): void {
  gainDb.value = gainDb.value >= MOST_DB ? 0 : Math.min(MOST_DB, gainDb.value + STEP_DB);
}
