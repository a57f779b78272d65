/** What the list is narrowed to: it stands in the address, in the words of the API, so that it can be sent as a link. */
import { withQuery } from "../../../api/client";
import type { Recording } from "../../../api/types";
import { localTime } from "../../../time/clock";

export const FILTERS = [
  "q",
  "site",
  "state",
  "result",
  "taxon",
  "min_confidence",
  "has_reviews",
  "from",
  "to",
] as const;
export type FilterName = (typeof FILTERS)[number];
/** Only those that are set. `from` and `to` are days on the recorder's own clock, or moments with an offset. */
export type Filters = Partial<Record<FilterName, string>>;

/** How many recordings come at once. */
export const PAGE = 100;

/** Read the filters out of an address's query. */
export function readFilters(query: URLSearchParams): Filters {
  const found: Filters = {};
  for (const name of FILTERS) {
    const value = query.get(name)?.trim() ?? "";
    if (value !== "") found[name] = value;
  }
  return found;
}

export function isNarrowed(filters: Filters): boolean {
  return Object.keys(filters).length > 0;
}

/** Return where a page of the list is found. */
export function pageUrl(filters: Filters, cursor: string | null, limit = PAGE): string {
  const { from, to, ...same } = filters;
  return withQuery("/v1/recordings", {
    ...same,
    recorded_after: from === undefined ? null : earliest(from),
    recorded_before: to === undefined ? null : latest(to),
    cursor,
    limit,
  });
}

/** Return whether a recording begins within the days asked for, on its own clock; the API was asked a bit too widely. */
export function isWithinDays(recording: Recording, filters: Filters): boolean {
  return isDayBetween(recording.recorded_at, filters.from, filters.to);
}

/** Return whether a moment is within these days on its own clock; of what has no time, whether none are asked for. */
export function isDayBetween(moment: string | null, from: string | undefined, to: string | undefined): boolean {
  const day = localTime(moment)?.date;
  if (day === undefined) return from === undefined && to === undefined;
  return !(from !== undefined && isDay(from) && day < from) && !(to !== undefined && isDay(to) && day > to);
}

/** Return the first moment of a day anywhere on Earth: 14 hours before it begins in Greenwich. */
export function earliest(from: string): string {
  return isDay(from) ? `${from}T00:00:00+14:00` : from;
}

/** Return the last one: 12 hours after it ends in Greenwich. */
export function latest(to: string): string {
  return isDay(to) ? `${dayAfter(to)}T00:00:00-12:00` : to;
}

function isDay(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text);
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}
