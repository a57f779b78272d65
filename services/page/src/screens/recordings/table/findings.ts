import type { Analysis } from "../../../api/types";

export interface TopTaxon {
  code: string;
  scientific_name: string;
  common_name: string;
  taxonomic_class: string;
  confidence: number;
  detections: number;
}

export interface Findings {
  detections: number;
  top_taxa: TopTaxon[];
}

/** Return what an analysis found, in short; null: it is not finished. */
export function findingsOf(analysis: Analysis): Findings | null {
  const { detections, top_taxa } = analysis as Partial<Findings>;
  return detections == null || top_taxa === undefined ? null : { detections, top_taxa };
}

/** Whether it is a human voice, which may be hidden. */
export function isVoice(taxon: TopTaxon): boolean {
  return taxon.scientific_name.startsWith("Homo sapiens") || /^human /i.test(taxon.common_name);
}
