/** Names that are known to the service, found by a part of them. */
import { fetchJson, withQuery } from "../../../api/client";

export interface TaxonNames {
  code: string;
  scientific_name: string;
  common_name: string;
}

const MOST_SUGGESTED = 20;
/** Those that were heard come first: whoever misses one types more of its name. */
export const MOST_FOUND = 50;

/** Return names that fit what was typed so far. */
export async function suggestNames(kind: "site" | "taxon", text: string): Promise<readonly string[]> {
  if (kind === "site") {
    const path = withQuery("/v1/sites", { q: text, limit: MOST_SUGGESTED });
    const { items } = await fetchJson<{ items: { name: string }[] }>(path);
    return items.map((each) => each.name);
  }
  const found = await findTaxa(text, MOST_SUGGESTED);
  return [...new Set(found.map(nameToAskFor))];
}

/** Return the taxa with this text in one of their names. */
export async function findTaxa(text: string, limit = MOST_FOUND): Promise<readonly TaxonNames[]> {
  if (text.trim() === "") return [];
  return (await fetchJson<{ items: TaxonNames[] }>(withQuery("/v1/taxa", { q: text, limit }))).items;
}

/** Return the taxa that a text may mean: those of just this name, else all of whose names it is a part. */
export function meantBy(text: string, found: readonly TaxonNames[]): readonly TaxonNames[] {
  const wanted = text.trim().toLowerCase();
  const isNamed = (each: TaxonNames) =>
    [each.code, each.scientific_name, each.common_name].some((name) => name.toLowerCase() === wanted);
  const named = found.filter(isNamed);
  return named.length > 0 ? named.slice(0, 1) : found;
}

/** The name that people say; not every taxon has one. */
export function nameToAskFor({ common_name, scientific_name }: TaxonNames): string {
  return common_name === "" ? scientific_name : common_name;
}
