/** What the overview is narrowed to, and how it is shown: all of it stands in the address. */
import { withQuery } from "../../api/client";
import { hidesVoices } from "../../app/preferences";

export interface Filters {
  site: string | null;
  /** Days on the recorder's own clock; both are meant. */
  from: string | null;
  to: string | null;
  pack: string | null;
  min_confidence: string | null;
  thresholds: "saved" | null;
  reviewed: string | null;
}

export type Unit = "hour" | "day";

/** How it is shown. */
export interface Shown {
  by: Unit;
  /** Counts by the hour that somebody listened, not as they are. */
  isRate: boolean;
}

const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d\d-\d\d$/;

export function readFilters(query: URLSearchParams): Filters {
  const read = (name: string) => {
    const text = query.get(name)?.trim() ?? "";
    return text === "" ? null : text;
  };
  return {
    site: read("site"),
    from: read("from"),
    to: read("to"),
    pack: read("pack"),
    min_confidence: read("min_confidence"),
    thresholds: read("thresholds") === "saved" ? "saved" : null,
    reviewed: read("reviewed"),
  };
}

export function readShown(query: URLSearchParams): Shown {
  return { by: query.get("by") === "day" ? "day" : "hour", isRate: query.get("rate") !== null };
}

/** The filters in the words of the API, where `to` is the day before which it is counted. */
export function askedOf({ to, ...filters }: Filters) {
  const voices = hidesVoices.value ? "hide" : null;
  return { ...filters, to: to !== null && DAY.test(to) ? dayAfter(to) : to, voices };
}

/** Return where the overview is found. */
export function overviewUrl(filters: Filters): string {
  return withQuery("/v1/overview", askedOf(filters));
}

/** Return where that of one taxon is found, with what was decided of it; it is shown whether or not it is a voice. */
export function taxonUrl(filters: Filters, taxon: string): string {
  return withQuery("/v1/overview", { ...askedOf(filters), voices: null, taxon, verdicts: true });
}

/** Return the day after another one. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}
