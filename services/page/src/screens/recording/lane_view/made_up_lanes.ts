/** Lanes as the service would send them, for tests. */
import { STEPS, type Lanes, type LaneTaxon } from "../lanes";

const RULE = { onset_threshold: 0.5, offset_threshold: 0.3, min_event_s: 0, min_gap_s: 0.5 };

export function madeUpTaxon(common_name: string, scientific_name = "", peak = 0.9): LaneTaxon {
  return { code: common_name.toLowerCase(), scientific_name, common_name, peak, rule: RULE };
}

/** Return windows of 5 s with these scores, all of them analyzed. */
export function madeUpLanes(rows: Record<string, number[]>, changes: Partial<Lanes> = {}): Lanes {
  const n = Object.values(rows)[0]?.length ?? 0;
  const scores = Uint16Array.from(Object.values(rows).flat(), (score) => Math.round(score * STEPS));
  const taxa = Object.keys(rows).map((name) => madeUpTaxon(name));
  return {
    taxa,
    first: 0,
    n,
    step_s: 5,
    kind: "windows",
    end_s: n * 5,
    runs: [[0, n]],
    lost: [],
    scores,
    ...changes,
  };
}
