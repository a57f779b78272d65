import type { Signal } from "@preact/signals";

import { formatKhz } from "../../../drawing/frequency_scale";
import type { Slowness } from "../../../sound/clips";
import { useModel } from "../model";

/** Sampled so often, a recording holds what is too high to hear. */
export const HIGH_HZ = 96_000;
/** Up to here people hear, when they are young. */
const HEARD_UP_TO_KHZ = 20;
const HINT = "slow-hint";

interface Props {
  slow: Signal<Slowness>;
}

/** Plays it ten times slower and lower, or as it was recorded. */
export function SlowButton({ slow }: Props) {
  const isSlow = slow.value === 10;
  return (
    <button type="button" aria-pressed={isSlow} aria-describedby={HINT} onClick={() => (slow.value = isSlow ? 1 : 10)}>
      10× slower
    </button>
  );
}

/** What that does to bats. */
export function SlowHint({ slow }: Props) {
  const reach = `${formatKhz(useModel().recording.value.sample_rate_hz / 2)} kHz`;
  return (
    <p id={HINT} class="soft hint">
      {slow.value === 10
        ? "Ten times slower and lower: a bat at 40 kHz is heard at 4 kHz."
        : `Recorded up to ${reach}. Above ${HEARD_UP_TO_KHZ} kHz nobody hears anything, unless it is played 10× slower.`}
    </p>
  );
}
