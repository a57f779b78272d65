/** Events as the service lists them, where it has the scores and the page has not. */
import type { CutEvents } from "./cut";

interface Listed {
  items: { code: string; onset_s: number; offset_s: number; confidence: number }[];
}

/** Read the JSON of `GET /v1/analyses/{id}/detections`; `codes` are those of the lanes, in their order. */
export function readListed(bytes: ArrayBuffer, codes: readonly string[]): CutEvents {
  const { items } = JSON.parse(new TextDecoder().decode(bytes)) as Listed;
  const taxa = new Map(codes.map((code, taxon) => [code, taxon]));
  const known = items.filter(({ code }) => taxa.has(code));
  return {
    taxon: Uint32Array.from(known, ({ code }) => taxa.get(code) ?? 0),
    onset_s: Float64Array.from(known, ({ onset_s }) => onset_s),
    offset_s: Float64Array.from(known, ({ offset_s }) => offset_s),
    confidence: Float64Array.from(known, ({ confidence }) => confidence),
  };
}
