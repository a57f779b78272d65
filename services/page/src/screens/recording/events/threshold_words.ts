/** The threshold, and what it leaves, in numbers and words. */
import { formatLength } from "../../../time/clock";
import { areAllHidden } from "../human_voices";
import type { Lanes } from "../lanes";
import type { RecordingModel, SungEvent } from "../model";
import type { Cutting } from "./cutting";

/** The slider goes by hundredths. */
export const STEP = 0.01;
const OTHERWISE = 0.5;

/** Return the lowest hundredth that is not under the floor. */
export function leastOnSlider(floor: number): number {
  return Number((Math.ceil(floor / STEP - 1e-9) * STEP).toFixed(2));
}

/** Return the threshold that most taxa have of their own: where the slider stands while each has its own. */
export function ownThreshold(lanes: Lanes | null, floor: number): number {
  const count = new Map<number, number>();
  for (const { rule } of lanes?.taxa ?? []) count.set(rule.onset_threshold, (count.get(rule.onset_threshold) ?? 0) + 1);
  const [most] = [...count].sort(([, one], [, other]) => other - one);
  return Math.max(most?.[0] ?? OTHERWISE, floor);
}

/** Return the multiple of `by` to which the slider goes from a number just moved by it, between the floor and 1. */
export function slideTo(moved: number, by: number, floor: number): number {
  const size = Math.abs(by);
  const places = moved / size;
  const near = Math.round(places);
  const place = Math.abs(places - near) < 1e-6 ? near : by > 0 ? Math.floor(places) : Math.ceil(places);
  return Math.min(1, Math.max(floor, Number((place * size).toFixed(6))));
}

export function sayThreshold(threshold: number | null): string {
  return threshold === null ? "Each taxon’s own threshold" : formatScore(threshold);
}

/** Return a score or threshold with two decimals, or more where it has more. */
export function formatScore(score: number): string {
  const text = String(Number(score.toFixed(4)));
  return text.length < 4 ? score.toFixed(2) : text;
}

/** Return a confidence with two decimals. */
export function formatConfidence(confidence: number): string {
  return confidence.toFixed(2);
}

/** Return a highest score with two decimals, cut off where rounded it would seem to reach the threshold. */
export function formatPeak(peak: number, threshold: number): string {
  const rounded = peak.toFixed(2);
  return peak < threshold && Number(rounded) >= threshold ? (Math.floor(peak * 100) / 100).toFixed(2) : rounded;
}

/** Return how long an event is, to hundredths: frames are that short. */
export function formatEventLength({ onset_s, offset_s }: SungEvent): string {
  return offset_s - onset_s < 60 ? `${(offset_s - onset_s).toFixed(2)} s` : formatLength(offset_s - onset_s);
}

export function sayRefused(asked: number, floor: number): string {
  if (asked > 1) return `${asked} is above 1, the highest score there is.`;
  return `No scores under ${floor} were kept, so events cannot be cut at ${asked}.`;
}

/** Return how many events there are, or why that is not known. */
export function sayFound(model: RecordingModel, cutting: Cutting): string {
  const [events, lanes, threshold] = [model.events.value, model.lanes.value, model.threshold.value];
  if (cutting.problem.value !== null) return cutting.problem.value.detail;
  if (cutting.source.value === "service" && cutting.isUnderWay.value) return "Counting events…";
  if (lanes === null) return "Loading scores…";
  if (events === null) return "Cutting events…";
  if (events.length > 0) return countInWords(events);
  if (lanes.taxa.length === 0) return model.analysis.value?.terminal === false ? "No events yet" : "No events";
  if (areAllHidden(lanes.taxa)) return "Human voices are hidden";
  return threshold === null ? "No event reaches its threshold" : `No event reaches ${formatScore(threshold)}`;
}

/** Return `24 events of 5 taxa`. */
export function countInWords(events: readonly SungEvent[]): string {
  const taxa = new Set(events.map(({ taxon }) => taxon)).size;
  const number = (count: number, one: string, many: string) =>
    `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
  return `${number(events.length, "event", "events")} of ${number(taxa, "taxon", "taxa")}`;
}
