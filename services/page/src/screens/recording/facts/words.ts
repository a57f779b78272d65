/** A recording's facts in the words of those who made it. */
import type { Analysis, Recording } from "../../../api/types";
import { localTime } from "../../../time/clock";

/** `48 kHz, stereo` */
export function describeSound(recording: Pick<Recording, "sample_rate_hz" | "channels">): string {
  const rate = `${Number((recording.sample_rate_hz / 1000).toFixed(2))} kHz`;
  const channels = recording.channels === 1 ? "mono" : recording.channels === 2 ? "stereo" : null;
  return `${rate}, ${channels ?? `${recording.channels} channels`}`;
}

/** `52.370, 4.900`: three decimals are a hundred meters; null where the place is not known. */
export function formatPlace({ latitude, longitude }: Pick<Recording, "latitude" | "longitude">): string | null {
  if (latitude === null || longitude === null) return null;
  return `${latitude.toFixed(3)}, ${longitude.toFixed(3)}`;
}

/** `UTC` or `+02:00` */
export function nameOffset(offset: string): string {
  return offset === "+00:00" ? "UTC" : offset;
}

/** `38.2 MB` */
export function formatSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), units.length - 1);
  return `${Number((bytes / 1000 ** power).toPrecision(3))} ${units[power] ?? ""}`;
}

/** `birdnet 2.4.0, each channel, threshold 0.8`: what tells one analysis of a recording from another. */
export function nameAnalysis({ pack, settings }: Pick<Analysis, "pack" | "settings">): string {
  const parts = [pack.version === null ? pack.name : `${pack.name} ${pack.version}`];
  if (settings.channels === "each") parts.push("each channel");
  else if (settings.channels !== "mix") parts.push(`channel ${settings.channels}`);
  const onset = settings.event_rule?.onset_threshold;
  if (onset !== undefined) parts.push(`threshold ${onset}`);
  if (settings.occurrence_min != null) parts.push("only what occurs there");
  return parts.join(", ");
}

/** `2026-05-03 05:40 UTC`: a moment of the service, which has no recorder's clock. */
export function formatMoment(moment: string): string {
  const time = localTime(moment);
  return time === null ? moment : `${time.date} ${time.time.slice(0, 5)} ${nameOffset(time.offset)}`;
}
