/** Finding one event among many: the same one after another cut, the next and the previous one. */
import type { SungEvent } from "../model";

/** Whether two events are of one taxon and overlap: after another cut that is the same one. */
export function sharesTime(one: SungEvent, other: SungEvent): boolean {
  return one.taxon === other.taxon && one.onset_s < other.offset_s && other.onset_s < one.offset_s;
}

/** Return the event of the same taxon that shares most of its time with another; null: none shares any. */
export function sameEvent(events: readonly SungEvent[], wanted: SungEvent): SungEvent | null {
  let found: SungEvent | null = null;
  let most_s = 0;
  for (const event of events) {
    if (event.onset_s >= wanted.offset_s) break;
    if (!sharesTime(event, wanted)) continue;
    const shared_s = Math.min(event.offset_s, wanted.offset_s) - Math.max(event.onset_s, wanted.onset_s);
    if (shared_s > most_s) [found, most_s] = [event, shared_s];
  }
  return found;
}

/** Where one is among the events: an event, or a time. */
export type Place = SungEvent | number | null;

/**
 * Return the event after (1) or before (-1) a place, of one taxon (null: of all). From an event of another taxon it
 * goes by time; from nowhere to the first or last.
 */
export function neighbor(
  events: readonly SungEvent[],
  place: Place,
  direction: 1 | -1,
  taxon: number | null,
): SungEvent | null {
  const shown = taxon === null ? events : events.filter((event) => event.taxon === taxon);
  if (place === null) return shown.at(direction === 1 ? 0 : -1) ?? null;
  const at = typeof place === "number" ? -1 : shown.indexOf(place);
  if (at >= 0) return shown[at + direction] ?? null;
  const time_s = typeof place === "number" ? place : place.onset_s;
  if (direction === 1) return shown.find((event) => event.onset_s > time_s) ?? null;
  return shown.findLast((event) => event.onset_s < time_s) ?? null;
}
