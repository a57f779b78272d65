/** Where frequencies lie in a plot, linear, the highest at the top. */

export interface FrequencyScale {
  readonly low_hz: number;
  readonly high_hz: number;
  readonly height: number;
  toY: (hz: number) => number;
  toHz: (y: number) => number;
}

export function frequencyScale([low_hz, high_hz]: readonly [number, number], height: number): FrequencyScale {
  const range_hz = high_hz - low_hz;
  return {
    low_hz,
    high_hz,
    height,
    toY: (hz) => height * (1 - (hz - low_hz) / range_hz),
    toHz: (y) => low_hz + (1 - y / height) * range_hz,
  };
}

const STEPS_HZ = [10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000];

/** Return round frequencies with at least `room` pixels from one to the next. */
export function frequencyTicks(scale: FrequencyScale, room: number): number[] {
  const range_hz = scale.high_hz - scale.low_hz;
  const step_hz = STEPS_HZ.find((step) => (step / range_hz) * scale.height >= room) ?? 100_000;
  const ticks: number[] = [];
  for (let n = Math.ceil(scale.low_hz / step_hz - 1e-9); n * step_hz <= scale.high_hz + 1e-6; n++)
    ticks.push(n * step_hz);
  return ticks;
}

/** Return a frequency in kHz without its unit: `0`, `2.5`, `192`. */
export function formatKhz(hz: number): string {
  return String(Number((hz / 1000).toFixed(2)));
}

/** The least range that is shown. */
export const LEAST_BAND_HZ = 200;

/** Return a band of a wanted range around a frequency, within what there is. */
export function bandAround(middle_hz: number, range_hz: number, highest_hz: number): [number, number] {
  const range = Math.min(Math.max(range_hz, LEAST_BAND_HZ), highest_hz);
  const low = Math.min(Math.max(middle_hz - range / 2, 0), highest_hz - range);
  return [low, low + range];
}
