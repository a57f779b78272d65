import { useSignal } from "@preact/signals";

const UNITS = [
  ["Days", 86_400, 100_000],
  ["Hours", 3600, 100_000],
  ["Minutes", 60, 100_000],
  ["Seconds", 1, 100_000],
] as const;

interface Props {
  isOne: boolean;
  by_s: number;
  onChange: (by_s: number) => void;
}

/** By how much the clock was off. A clock that was fast showed too late a time: the recordings began earlier. */
export function ShiftFields({ isOne, by_s, onChange }: Props) {
  const wasFast = useSignal(by_s <= 0);
  const parts = useSignal<readonly number[]>([0, 0, 0, 0]);
  const tell = () => {
    const size = UNITS.reduce((sum, [, unit_s], index) => sum + (parts.value[index] ?? 0) * unit_s, 0);
    onChange((wasFast.value ? -1 : 1) * size);
  };
  return (
    <fieldset class="shift">
      <legend class="hidden-visually">By how much</legend>
      <select
        aria-label="Fast or slow"
        value={wasFast.value ? "fast" : "slow"}
        onChange={(event) => {
          wasFast.value = event.currentTarget.value === "fast";
          tell();
        }}
      >
        <option value="fast">It was fast: {isOne ? "it" : "they"} began earlier by</option>
        <option value="slow">It was slow: {isOne ? "it" : "they"} began later by</option>
      </select>
      <div class="units">
        {UNITS.map(([name, , most], index) => (
          <label key={name} class="field">
            {name}
            <input
              type="number"
              min="0"
              max={most}
              step="1"
              value={parts.value[index] === 0 ? "" : parts.value[index]}
              placeholder="0"
              onInput={(event) => {
                const written = Math.floor(Math.max(0, event.currentTarget.valueAsNumber || 0));
                parts.value = parts.value.map((each, at) => (at === index ? written : each));
                tell();
              }}
            />
          </label>
        ))}
      </div>
    </fieldset>
  );
}
