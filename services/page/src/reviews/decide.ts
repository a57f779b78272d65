/** Deciding of an event: shown at once, saved in the background, taken back by one call. */
import { session } from "../api/session";
import { newKey } from "../api/request_key";
import { tellReviewChange, UNSENT } from "./changes";
import { onAnswer, post, takeBack, toBody } from "./outbox";
import { sharedMs, wholeMs } from "./review_of";
import { reviewer } from "./reviewer";
import type { Decision, Review, SavedReview } from "./types";

export interface Decided {
  /** As it is shown until the service has answered. */
  readonly review: Review;
  /** Take it back; what was said of the event before is there again. Once is enough. */
  undo: () => void;
}

/**
 * Say what is decided; `known` are the reviews that are shown of this recording. Whoever decides has a name by then
 * (`withName`).
 */
export function decide(decision: Decision, known: readonly Review[] = []): Decided {
  const ticket = newKey();
  const by = session.peek()?.name ?? null;
  const review = toReview(decision, ticket, known);
  const hidden = known.filter((each) => isReplaced(each, review));
  let saved: SavedReview | null = null;
  let isUndone = false;
  for (const { id } of hidden) tellReviewChange({ kind: "drop", id });
  tellReviewChange({ kind: "put", review });
  onAnswer(ticket, (answer) => {
    saved = answer;
    // What is taken back is not shown again by its answer.
    if (answer !== null && isUndone) queueMicrotask(() => tellReviewChange({ kind: "drop", id: answer.id }));
    if (answer === null && !isUndone) for (const each of hidden) tellReviewChange({ kind: "put", review: each });
  });
  post({ kind: "post", ticket, by, shown: review, before: hidden[0] ?? null, body: toBody(review) });
  const undo = () => {
    if (isUndone) return;
    isUndone = true;
    tellReviewChange({ kind: "drop", id: saved?.id ?? review.id });
    for (const each of hidden) tellReviewChange({ kind: "put", review: each });
    takeBack(ticket, by, saved);
  };
  return { review, undo };
}

function toReview(decision: Decision, ticket: string, known: readonly Review[]): Review {
  const [onset_ms, offset_ms] = [wholeMs(decision.onset_s), wholeMs(decision.offset_s)];
  // This computer's clock may be behind the service's: what is said last is the newest all the same.
  const newest = Math.max(Date.now(), ...known.map((each) => Date.parse(each.reviewed_at) + 1));
  return {
    id: `${UNSENT}${ticket}`,
    recording_id: decision.recording_id,
    scientific_name: decision.scientific_name,
    common_name: decision.common_name,
    onset_s: onset_ms / 1000,
    offset_s: Math.max(offset_ms, onset_ms + 1) / 1000,
    verdict: decision.verdict,
    corrected_taxon: decision.verdict === "rejected" ? (decision.corrected_taxon ?? null) : null,
    note: decision.note ?? "",
    reviewer: reviewer.peek(),
    reviewed_at: new Date(newest).toISOString(),
    strategy: decision.strategy ?? null,
  };
}

/** The service replaces what the same person said of the same event. */
function isReplaced(earlier: Review, review: Review): boolean {
  const isSame = earlier.reviewer === review.reviewer && earlier.scientific_name === review.scientific_name;
  return isSame && earlier.recording_id === review.recording_id && sharedMs(earlier, review) > 0;
}
