/** The scores of all taxa over a stretch, as `GET /v1/analyses/{id}/lanes` sends them in binary. */
import { request, withQuery } from "../../api/client";
import type { Rule } from "../../cut/rule";

export { STEPS } from "../../cut/rule";
export type { Rule } from "../../cut/rule";

/** The longest stretch that the service sends frames of. */
export const MOST_FRAMES_S = 3600;

export interface LaneTaxon {
  code: string;
  scientific_name: string;
  common_name: string;
  peak: number;
  rule: Rule;
}

export interface Lost {
  start_s: number;
  end_s: number;
  reason: string;
}

export interface LanesHeader {
  taxa: LaneTaxon[];
  /** The first window or frame; index 0 begins at 0 s. */
  first: number;
  n: number;
  /** 0 as long as no segment is done. */
  step_s: number;
  kind: "windows" | "frames";
  end_s: number;
  /** First and number of windows that were scored without a break: events end at their ends. */
  runs: [number, number][];
  /** Stretches that were not analyzed: they are drawn, events do not end there. */
  lost: Lost[];
}

export interface Lanes extends LanesHeader {
  /** (n_taxa, n), row-major, in steps of 1/65535; 0 where nothing was kept. */
  scores: Uint16Array;
}

/** As it is sent: the length of a step is not known before the first segment is done. */
type Header = Omit<LanesHeader, "step_s"> & { step_s: number | null };

/** Read the binary answer: uint32 LE length, JSON padded to a multiple of 4, then uint16 LE. */
export function decodeLanes(bytes: ArrayBuffer): Lanes {
  const length = new DataView(bytes).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length))) as Header;
  const scores = new Uint16Array(bytes, 4 + length, header.taxa.length * header.n);
  return { ...header, step_s: header.step_s ?? 0, scores };
}

/** Whether scores reach over all of a stretch, as far as the recording does. */
export function coversStretch(lanes: Lanes, start_s: number, end_s: number): boolean {
  const { first, n, step_s } = lanes;
  // A last frame that the recording does not fill is left out: allow for one.
  return n > 0 && first * step_s <= start_s && (first + n + 1) * step_s >= Math.min(end_s, lanes.end_s);
}

/** Whether a taxon has the same place in both. */
export function hasSameTaxa(one: Lanes, other: Lanes): boolean {
  return one.taxa.length === other.taxa.length && one.taxa.every(({ code }, at) => code === other.taxa[at]?.code);
}

/** Fetch window scores of the whole, or framewise scores of up to an hour. */
export async function fetchLanes(
  analysisId: string,
  part: { from_s?: number; to_s?: number; frames?: boolean } = {},
  abort?: AbortSignal,
): Promise<Lanes> {
  const path = withQuery(`/v1/analyses/${analysisId}/lanes`, part);
  const answer = await request(path, abort === undefined ? {} : { signal: abort });
  return decodeLanes(await answer.arrayBuffer());
}
