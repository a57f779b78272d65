/** Ticks at round times, on the recorder's own clock or from the recording's start. */
import { formatDay, formatPosition, localTime } from "../time/clock";
import type { TimeScale } from "./time_scale";

export interface Tick {
  time_s: number;
  x: number;
  /** Empty for the small ticks between. */
  label: string;
  /** Whether it is midnight, and the label the new day. */
  isDay: boolean;
}

const DAY_S = 86_400;
const STEPS_S = [
  0.01,
  0.02,
  0.05,
  0.1,
  0.2,
  0.5,
  1,
  2,
  5,
  10,
  15,
  30,
  60,
  120,
  300,
  600,
  900,
  1800,
  3600,
  7200,
  10_800,
  21_600,
  43_200,
  DAY_S,
  2 * DAY_S,
  7 * DAY_S,
];
const GAP = 20;
const LEAST_BETWEEN = 7;

/** How wide a text is, in pixels. */
export type Measure = (text: string) => number;

/** Return the ticks of a stretch; `start` is the recording's on its own clock, null for positions. */
export function timeTicks(scale: TimeScale, start: string | null, measure: Measure): Tick[] {
  const toLabel = labelMaker(start);
  const step_s = stepOf(scale, toLabel, measure);
  const clock_s = start === null ? 0 : secondOfDay(start);
  const between_s = betweenOf(step_s, scale);
  const per = Math.round(step_s / between_s);
  const ticks: Tick[] = [];
  for (let n = Math.ceil((scale.start_s + clock_s) / between_s - 1e-9); ; n++) {
    const time_s = n * between_s - clock_s;
    if (time_s > scale.start_s + scale.span_s + 1e-9) break;
    const isDay = start !== null && isWhole((n * between_s) / DAY_S);
    ticks.push({ time_s, x: scale.toX(time_s), label: n % per === 0 ? toLabel(time_s, step_s, isDay) : "", isDay });
  }
  return withoutCut(ticks, scale.width, measure);
}

/** The smallest step whose labels have room. */
function stepOf(scale: TimeScale, toLabel: LabelMaker, measure: Measure): number {
  const hasRoom = (step_s: number) => {
    const widest = measure(toLabel(scale.start_s + scale.span_s, step_s, false));
    return (step_s / scale.span_s) * scale.width >= widest + GAP;
  };
  return STEPS_S.find(hasRoom) ?? 7 * DAY_S;
}

/** The smallest part of a step that still can be told from the next. */
function betweenOf(step_s: number, scale: TimeScale): number {
  const fits = (part_s: number) =>
    isWhole(step_s / part_s) && step_s / part_s <= 10 && (part_s / scale.span_s) * scale.width >= LEAST_BETWEEN;
  return STEPS_S.find((part_s) => part_s <= step_s && fits(part_s)) ?? step_s;
}

function isWhole(ratio: number): boolean {
  return Math.abs(ratio - Math.round(ratio)) < 1e-9 * Math.max(1, Math.abs(ratio));
}

type LabelMaker = (time_s: number, step_s: number, isDay: boolean) => string;

function labelMaker(start: string | null): LabelMaker {
  return (time_s, step_s, isDay) => {
    const decimals = step_s >= 1 ? 0 : step_s >= 0.1 ? 1 : 2;
    const local = localTime(start, time_s, decimals);
    if (local === null) return formatPosition(Math.max(0, time_s), decimals);
    if (isDay) return formatDay(local.date, false);
    return step_s >= 60 ? local.time.slice(0, 5) : local.time;
  };
}

/** Seconds between midnight and the start, on the recorder's clock. */
function secondOfDay(start: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = (/T([\d:.]+)/.exec(start)?.[1] ?? "").split(":").map(Number);
  return 3600 * hours + 60 * minutes + seconds;
}

/** Leave out labels that would be cut off at the plot's edges. */
function withoutCut(ticks: Tick[], width: number, measure: Measure): Tick[] {
  return ticks.map((tick) => {
    const half = tick.label === "" ? 0 : measure(tick.label) / 2;
    return tick.x < half || tick.x + half > width ? { ...tick, label: "" } : tick;
  });
}
