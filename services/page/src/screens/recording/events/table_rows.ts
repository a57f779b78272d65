/** The rows of the table of events: filtered, sorted, a page of them. */
import type { LaneTaxon } from "../lanes";
import type { SungEvent } from "../model";
import { nameOf } from "./going";

export const PAGE_ROWS = 100;

export type Column = "time" | "taxon" | "length" | "confidence";

export interface Sorting {
  column: Column;
  isDescending: boolean;
}

/** Return the events of one taxon (null: of all), sorted; of equals the earlier first. */
export function sortEvents(
  events: readonly SungEvent[],
  taxa: readonly LaneTaxon[],
  { column, isDescending }: Sorting,
  taxon: number | null,
): readonly SungEvent[] {
  const shown = taxon === null ? events : events.filter((event) => event.taxon === taxon);
  if (column === "time") return isDescending ? shown.toReversed() : shown;
  const places = column === "taxon" ? placesByName(taxa) : [];
  const value = (event: SungEvent) => {
    if (column === "taxon") return places[event.taxon] ?? 0;
    return column === "length" ? event.offset_s - event.onset_s : event.confidence;
  };
  const sign = isDescending ? -1 : 1;
  return shown.toSorted((one, other) => sign * (value(one) - value(other)));
}

function placesByName(taxa: readonly LaneTaxon[]): number[] {
  const places: number[] = [];
  const order = taxa.map((taxon, at) => ({ at, name: nameOf(taxon) }));
  order.sort((one, other) => one.name.localeCompare(other.name, "en"));
  order.forEach(({ at }, place) => (places[at] = place));
  return places;
}

/** Return the taxa that have events, by name, with how many they have. */
export function countByTaxon(events: readonly SungEvent[], taxa: readonly LaneTaxon[]): [number, number][] {
  const counts = new Map<number, number>();
  for (const { taxon } of events) counts.set(taxon, (counts.get(taxon) ?? 0) + 1);
  const places = placesByName(taxa);
  return [...counts].sort(([one], [other]) => (places[one] ?? 0) - (places[other] ?? 0));
}

/** Return the place of a taxon among the lanes; null: all taxa are meant, or it has none. */
export function placeOf(code: string | null, taxa: readonly LaneTaxon[]): number | null {
  const place = taxa.findIndex((each) => each.code === code);
  return place < 0 ? null : place;
}
