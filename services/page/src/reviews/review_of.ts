/** Which review an event shows: the rule of `domain/review/matching.py`, for events that are cut here. */

/** What the rule reads of a review. */
export interface Spanned {
  id: string;
  onset_s: number;
  offset_s: number;
  reviewed_at: string;
}

/** Return a position as whole milliseconds; a half is rounded up, that of a microsecond to the even one, as in Python. */
export function wholeMs(position_s: number): number {
  const exact_us = position_s * 1e6;
  const rounded_us = Math.round(exact_us);
  const us = exact_us % 1 === 0.5 && rounded_us % 2 !== 0 ? rounded_us - 1 : rounded_us;
  return Math.floor((us + 500) / 1000);
}

/** Return how much two stretches share, in milliseconds; 0 where it is less than half of the shorter one. */
export function sharedMs(one: Stretch, other: Stretch): number {
  const [from, to] = [wholeMs(one.onset_s), wholeMs(one.offset_s)];
  const [other_from, other_to] = [wholeMs(other.onset_s), wholeMs(other.offset_s)];
  const shared_ms = Math.min(to, other_to) - Math.max(from, other_from);
  return shared_ms > 0 && shared_ms * 2 >= Math.min(to - from, other_to - other_from) ? shared_ms : 0;
}

interface Stretch {
  onset_s: number;
  offset_s: number;
}

/** Return, of reviews of one recording and taxon, that with the largest overlap of at least half the shorter, of equals the newest. */
export function reviewOf<T extends Spanned>(reviews: readonly T[], onset_s: number, offset_s: number): T | null {
  let best: T | null = null;
  let most_ms = 0;
  for (const each of reviews) {
    const shared_ms = sharedMs(each, { onset_s, offset_s });
    if (shared_ms === 0 || shared_ms < most_ms) continue;
    if (best !== null && shared_ms === most_ms && !isNewer(each, best)) continue;
    [best, most_ms] = [each, shared_ms];
  }
  return best;
}

/** Whether a review is newer than another one; of the same moment, the one with the higher id. */
export function isNewer(one: Spanned, other: Spanned): boolean {
  // Without the Z, fractions of a second that are longer or left out stand in their order.
  const [at, other_at] = [one.reviewed_at.replace(/Z$/, ""), other.reviewed_at.replace(/Z$/, "")];
  return at === other_at ? one.id > other.id : at > other_at;
}
