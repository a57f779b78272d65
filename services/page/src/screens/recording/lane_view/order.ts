/** Which lanes are shown, and in which order. */
import type { Lanes } from "../lanes";
import { firstReaching } from "./shares";

export type Order = "peak" | "name" | "first";

/** Return the taxa as indexes in `lanes.taxa`: those whose names have the words, in the order asked for. */
export function orderTaxa(lanes: Lanes, order: Order, words: string, threshold: number | null): number[] {
  const wanted = fold(words).split(/\s+/).filter(Boolean);
  const found = lanes.taxa.flatMap((taxon, index) => {
    const names = fold(`${taxon.common_name} ${taxon.scientific_name} ${taxon.code}`);
    return wanted.every((word) => names.includes(word)) ? [index] : [];
  });
  if (order === "name") {
    const { compare } = new Intl.Collator("en");
    found.sort((one, other) => compare(nameOf(lanes, one), nameOf(lanes, other)));
  } else if (order === "first") {
    const firsts = firstReaching(lanes, threshold);
    const place = (taxon: number) => ((firsts[taxon] ?? -1) < 0 ? Infinity : (firsts[taxon] ?? 0));
    found.sort((one, other) => (place(one) === place(other) ? one - other : place(one) - place(other)));
  }
  return found;
}

/** The name by which a lane is called: the common one, or the scientific one where there is no other. */
export function nameOf(lanes: Lanes, taxon: number): string {
  const found = lanes.taxa[taxon];
  return found === undefined ? "" : found.common_name || found.scientific_name;
}

/** Return the place in `shown` of the next taxon from `from` on whose name begins so, going around; -1: none. */
export function findByPrefix(lanes: Lanes, shown: readonly number[], from: number, prefix: string): number {
  for (let step = 0; step < shown.length; step++) {
    const place = (from + step) % shown.length;
    if (fold(nameOf(lanes, shown[place] ?? -1)).startsWith(fold(prefix))) return place;
  }
  return -1;
}

function fold(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
