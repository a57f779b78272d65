/** How scores become events, as `domain/event_rules.py` and `domain/detections.py` have it. */

/** Thresholds between 0 and 1, lengths in seconds. */
export interface Rule {
  onset_threshold: number;
  offset_threshold: number;
  min_event_s: number;
  min_gap_s: number;
}

/** Scores are integers: steps of one in so many. */
export const STEPS = 65_535;

/**
 * Return the lowest step that reaches a threshold. The product is that of double precision, in every language the same:
 * 0.6 is reached by step 39321, 0.3 by 19661, which a score of exactly 0.3 (step 19660) is not.
 */
export function thresholdStep(threshold: number): number {
  return Math.ceil(threshold * STEPS);
}

/** Return the rule with one onset threshold for all taxa (null: its own); where the two cross, the offset gives way. */
export function changeOnset(rule: Rule, onset: number | null): Rule {
  if (onset === null) return rule;
  return { ...rule, onset_threshold: onset, offset_threshold: Math.min(rule.offset_threshold, onset) };
}
