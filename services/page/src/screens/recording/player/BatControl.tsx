import type { Signal } from "@preact/signals";

import type { Slowness } from "../../../sound/clips";
import { useModel } from "../model";

/** Up to here people hear, when they are young. */
const HEARD_UP_TO_HZ = 20_000;

/** For recordings of what is too high to hear: plays it ten times slower and lower. */
export function BatControl({ slow }: { slow: Signal<Slowness> }) {
  const rate_hz = useModel().recording.value.sample_rate_hz;
  const reach = `${rate_hz / 2000} kHz`;
  const isSlow = slow.value === 10;
  return (
    <>
      <button
        type="button"
        aria-pressed={isSlow}
        aria-describedby="bats"
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => (slow.value = isSlow ? 1 : 10)}
      >
        10× slower
      </button>
      <span id="bats" class="soft">
        {isSlow
          ? `Ten times slower and lower: 40 kHz is heard as 4 kHz.`
          : `Reaches to ${reach}; above ${HEARD_UP_TO_HZ / 1000} kHz nothing is heard unless it is slowed down.`}
      </span>
    </>
  );
}
