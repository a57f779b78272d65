/** The columns of the overview: hours or days, each with how long somebody listened, and what stands in their cells. */
import type { HeardTaxon, Overview } from "../../api/types";
import { formatDay } from "../../time/clock";
import { dayAfter, type Unit } from "./filters";

export interface Column {
  /** `04:00 to 05:00`, `3 May 2026`. */
  name: string;
  /** `4`, `3 May`: as short as it can be. */
  label: string;
  /** `04:00`, `2026-05-03`: as programs read it. */
  iso: string;
  /** How long somebody listened; null: nobody did. */
  hours: number | null;
  richness: number | null;
  /** Its place in the overview's own list; null: it is none of them, for nobody listened. */
  place: number | null;
}

/** A span of years with one day at each end is not drawn day by day. */
const MOST_DAYS = 1500;

/** Return the hours of the day, or all days from the first to the last, those on which nobody listened too. */
export function columnsOf(overview: Overview, by: Unit): Column[] {
  if (by === "hour") {
    return overview.by_hour.map(({ hour, hours, richness }, place) => ({
      ...{ name: `${clock(hour)} to ${clock(hour + 1)}`, label: String(hour), hours, richness, place },
      iso: clock(hour),
    }));
  }
  const listed = new Map(overview.by_day.map((day, place) => [day.date, { ...day, place }]));
  const [first, last] = [overview.by_day[0]?.date, overview.by_day.at(-1)?.date];
  if (first === undefined || last === undefined) return [];
  const dates = [...daysBetween(first, last)];
  return (dates.length > MOST_DAYS ? [...listed.keys()] : dates).map((date) => {
    const found = listed.get(date);
    const { hours = null, richness = null, place = null } = found ?? {};
    return { name: formatDay(date), label: shortDay(date), iso: date, hours, richness, place };
  });
}

function* daysBetween(first: string, last: string): Generator<string> {
  for (let day = first; day <= last; day = dayAfter(day)) yield day;
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

function shortDay(date: string): string {
  const [day, month] = formatDay(date, false).split(" ");
  return `${day ?? ""} ${month?.slice(0, 3) ?? ""}`;
}

/** Return a taxon's counts in the columns; null where nobody listened. */
export function countsOf(taxon: HeardTaxon, columns: readonly Column[], by: Unit): (number | null)[] {
  const counts = by === "hour" ? taxon.by_hour : taxon.by_day;
  return columns.map(({ place }) => (place === null ? null : (counts[place] ?? null)));
}

/** Return what a cell holds: a count, or how many there were in each hour that somebody listened. */
export function valueOf(count: number | null, { hours }: Column, isRate: boolean): number | null {
  if (count === null || !isRate) return count;
  return hours === null || hours === 0 ? null : count / hours;
}

/** Return what a taxon's cells hold. */
export function valuesOf(taxon: HeardTaxon, columns: readonly Column[], by: Unit, isRate: boolean): (number | null)[] {
  const counts = countsOf(taxon, columns, by);
  return columns.map((column, at) => valueOf(counts[at] ?? null, column, isRate));
}

/** Return the highest value of all cells; 0 where there is none. */
export function highestOf(rows: readonly (readonly (number | null)[])[]): number {
  return rows.reduce((most, row) => row.reduce<number>((high, value) => Math.max(high, value ?? 0), most), 0);
}

/** Return how dark a value is drawn, between 0 and 1: by its order of magnitude, so that rare ones are seen too. */
export function shadeOf(value: number, highest: number): number {
  if (value <= 0 || highest <= 0) return 0;
  const scale = highest < 1 ? 10 / highest : highest < 10 ? 10 : 1;
  return Math.log1p(value * scale) / Math.log1p(highest * scale);
}

/** Return a value as it stands in a cell: whole counts, rates with as many decimals as they need. */
export function formatValue(value: number, isRate: boolean): string {
  if (!isRate) return value.toLocaleString("en");
  if (value === 0) return "0";
  return value >= 9.95 ? value.toFixed(0) : value >= 0.095 ? value.toFixed(1) : value.toFixed(2);
}

/** Return hours as somebody says them: `40 s`, `12 min`, `2.5 h`, `1,240 h`; `no hours` where nobody listened. */
export function formatHours(hours: number | null): string {
  if (hours === null) return "no hours";
  const [minutes, seconds] = [Math.round(hours * 60), Math.round(hours * 3600)];
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min`;
  return `${Number(hours.toFixed(hours >= 100 ? 0 : 1)).toLocaleString("en")} h`;
}
