/** All taxa's events at a threshold, as arrays that go from a worker to the page without being copied. */
import { cutLane, type CutEvent, type Grid } from "./cut_lane";
import { changeOnset, STEPS, type Rule } from "./rule";

/** What is cut: lanes of scores, of which nothing else is needed. */
export interface Scored extends Grid {
  taxa: readonly { scientific_name: string; rule: Rule }[];
  /** (n_taxa, n), row-major, in steps of 1/65535. */
  scores: Uint16Array;
}

/** Events by onset, of equals by scientific name; all arrays are of one length. */
export interface CutEvents {
  /** Indexes in `taxa`. */
  taxon: Uint32Array;
  onset_s: Float64Array;
  offset_s: Float64Array;
  /** As the service says confidences: the highest step as a fraction, in single precision. */
  confidence: Float64Array;
}

interface TaxonEvent extends CutEvent {
  taxon: number;
}

/** Cut all lanes at one onset threshold; null: at each taxon's own. */
export function cutAll(scored: Scored, threshold: number | null): CutEvents {
  const found: TaxonEvent[] = [];
  scored.taxa.forEach(({ rule }, taxon) => {
    const lane = scored.scores.subarray(taxon * scored.n, (taxon + 1) * scored.n);
    for (const event of cutLane(lane, scored, changeOnset(rule, threshold))) found.push({ ...event, taxon });
  });
  const place = placesByName(scored);
  found.sort((one, other) => one.onset_s - other.onset_s || (place[one.taxon] ?? 0) - (place[other.taxon] ?? 0));
  return pack(found);
}

/** Return each taxon's place in the order of scientific names. */
function placesByName({ taxa }: Scored): number[] {
  const order = taxa.map((_, taxon) => taxon).sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1));
  const places: number[] = [];
  order.forEach((taxon, place) => (places[taxon] = place));
  return places;

  function nameOf(taxon: number): string {
    return taxa[taxon]?.scientific_name ?? "";
  }
}

function pack(found: readonly TaxonEvent[]): CutEvents {
  return {
    taxon: Uint32Array.from(found, (event) => event.taxon),
    onset_s: Float64Array.from(found, (event) => event.onset_s),
    offset_s: Float64Array.from(found, (event) => event.offset_s),
    confidence: Float64Array.from(found, (event) => Math.fround(event.peak / STEPS)),
  };
}
