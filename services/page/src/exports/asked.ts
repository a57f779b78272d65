/** What is exported, in the words of the API and of people. */
import { withQuery } from "../api/client";
import type { ExportFilters } from "./opening";

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The filters in the words of the API: a list of detections and an export take the same. */
export function toFields(filters: ExportFilters): Record<string, string | null> {
  const { site, taxon, from, to, min_confidence, pack, reviewed } = filters;
  return {
    ...{ site, taxon, min_confidence, pack, reviewed },
    from: from === null ? null : momentOf(from, 0),
    to: to === null ? null : momentOf(to, 1),
    thresholds: filters.isThresholded ? "saved" : null,
    voices: filters.hidesVoices ? "hide" : null,
  };
}

export function isDay(text: string): boolean {
  return DAY.test(text);
}

/** Return midnight of a day, or of the one after it, by this computer's clock; a moment stays as it is. */
export function momentOf(day: string, later: 0 | 1): string {
  if (!isDay(day)) return day;
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  const midnight = new Date(year, month - 1, date + later);
  const local = new Date(midnight.getTime() - midnight.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  return `${local}${offsetOf(midnight)}`;
}

/** Return the offset of this computer's clock at a time: `+02:00`. */
function offsetOf(time: Date): string {
  const minutes = -time.getTimezoneOffset();
  const two = (n: number) => String(Math.floor(Math.abs(n))).padStart(2, "0");
  return `${minutes < 0 ? "-" : "+"}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
}

export function countUrl(filters: ExportFilters): string {
  return withQuery("/v1/detections/count", toFields(filters));
}

/** Return where a table of detections, or the list of reviews, is had at once. */
export function straightUrl(filters: ExportFilters, format: string): string {
  if (format !== "reviews") return withQuery("/v1/detections", { format, ...toFields(filters) });
  const { site, taxon, from, to, reviewed } = toFields(filters);
  const verdict = reviewed === "confirmed" || reviewed === "rejected" || reviewed === "uncertain" ? reviewed : null;
  return withQuery("/v1/reviews", { format: "csv", site, taxon, from, to, verdict });
}

/** The body of `POST /v1/exports`. */
export function toBody(filters: ExportFilters, format: string): Record<string, unknown> {
  const { taxon, min_confidence, ...fields } = toFields(filters);
  const body: Record<string, unknown> = { format };
  for (const [name, value] of Object.entries(fields)) if (value !== null) body[name] = value;
  if (taxon != null) body.taxon = [taxon];
  if (min_confidence != null) body.min_confidence = Number(min_confidence);
  return body;
}

/** Say which detections they are: `site north marsh, European Robin, 3 May to 9 May 2026`. */
export function sayFilters(filters: ExportFilters): string {
  const { site, taxon, from, to, min_confidence, pack } = filters;
  const parts = [
    taxon ?? "all taxa",
    site === null ? "all sites" : `site ${site}`,
    from === null && to === null ? "all days" : `${from ?? "the first day"} to ${to ?? "the last day"}`,
    min_confidence === null ? "" : `confidence at least ${min_confidence}`,
    pack === null ? "" : `found by ${pack}`,
  ];
  return parts.filter((each) => each !== "").join(", ");
}
