import type { Analysis } from "../../../api/types";

export type TopTaxon = Analysis["top_taxa"][number];

/** Whether it is a human voice, which may be hidden. */
export function isVoice(taxon: TopTaxon): boolean {
  return taxon.scientific_name.startsWith("Homo sapiens") || /^human /i.test(taxon.common_name);
}
