/** Which event is meant by a click, and by Enter. */
import type { SungEvent } from "../model";

/** Return the taxon's event at a time: within the tolerance the one with the highest score; null: there is none. */
export function eventAt(
  events: readonly SungEvent[],
  taxon: number,
  time_s: number,
  tolerance_s: number,
): SungEvent | null {
  let best: SungEvent | null = null;
  for (const event of events) {
    if (event.onset_s > time_s + tolerance_s) break;
    if (event.taxon !== taxon || event.offset_s < time_s - tolerance_s) continue;
    if (best === null || event.confidence > best.confidence) best = event;
  }
  return best;
}

/** Return the taxon's best event, or, where one of its events is selected, the one after it, from the last the first. */
export function eventToOpen(events: readonly SungEvent[], taxon: number, selected: SungEvent | null): SungEvent | null {
  const own = events.filter((event) => event.taxon === taxon);
  if (selected?.taxon === taxon) return own.find((event) => event.onset_s > selected.onset_s) ?? own[0] ?? null;
  return own.reduce<SungEvent | null>(
    (best, event) => (best === null || event.confidence > best.confidence ? event : best),
    null,
  );
}
