/** The overview in words. */
import type { HeardTaxon, Overview } from "../../api/types";
import { formatDay } from "../../time/clock";
import { formatHours } from "./columns";
import type { Filters } from "./filters";

export function sayListened({ total, taxa, by_day, by_site }: Overview): string {
  if (total.hours === null) return "Nobody listened.";
  const sites = by_site.filter(({ hours }) => hours !== null).length;
  const [first, last] = [by_day[0]?.date, by_day.at(-1)?.date];
  const days = first === undefined || last === undefined ? "" : `, ${sayDays(first, last)}`;
  const counted = `${count(total.detections ?? 0, "detection")} of ${count(taxa.length, "taxon", "taxa")}`;
  return `${counted} in ${formatHours(total.hours)} that somebody listened, at ${count(sites, "site")}${days}.`;
}

function sayDays(first: string, last: string): string {
  return first === last ? `on ${formatDay(first)}` : `${formatDay(first)} to ${formatDay(last)}`;
}

/** Say what stands in no hour and on no day; null: there is none. */
export function sayUndated({ undated }: Overview): string | null {
  if (undated.hours === null) return null;
  const counted = count(undated.detections ?? 0, "detection");
  return `${formatHours(undated.hours)} and ${counted} of these are of recordings without a start: in no hour and on no day.`;
}

const NOTHING: Readonly<Record<string, string>> = {
  confirmed: "Review some: nobody confirmed anything yet",
  identified: "Review some: nobody confirmed or corrected anything yet",
  rejected: "Nobody rejected anything",
  uncertain: "Nobody was uncertain of anything",
  any: "Review some: nobody reviewed anything yet",
  none: "Nothing is left to review",
};

/** Say why no taxon is listed, and what to do. */
export function sayNothing({ total }: Overview, filters: Filters): string {
  const isNarrowed = Object.values(filters).some((each) => each !== null);
  if (total.hours === null) {
    return isNarrowed
      ? "No recording of this site and these days has been analyzed. Choose others, or all."
      : "Nothing has been analyzed yet. Upload recordings, and who was heard stands here.";
  }
  if (filters.reviewed !== null)
    return `${NOTHING[filters.reviewed] ?? "Nothing"} in these ${formatHours(total.hours)}.`;
  return `${formatHours(total.hours)} were listened to, and nothing was heard.`;
}

export function count(n: number, noun: string, many = `${noun}s`): string {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : many}`;
}

/** Return a moment on the recorder's clock as `3 May 2026, 04:32`. */
export function momentInWords(at: string | null): string {
  return at === null ? "–" : `${formatDay(at.slice(0, 10))}, ${at.slice(11, 16)}`;
}

export function nameOf({ common_name, scientific_name }: Pick<HeardTaxon, "common_name" | "scientific_name">): string {
  return common_name === "" ? scientific_name : common_name;
}
