/** What is said and taken back on this page, told to every view that shows reviews: before the service knows it. */
import type { Review } from "./types";

export type ReviewChange =
  /** A review is there; `instead_of` is the id that it had before the service gave it one. */
  { kind: "put"; review: Review; instead_of?: string } | { kind: "drop"; id: string };

const listeners = new Set<(change: ReviewChange) => void>();

/** Listen until the returned function is called. */
export function onReviewChange(listener: (change: ReviewChange) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellReviewChange(change: ReviewChange): void {
  if (change.kind === "drop") unanswered.delete(change.id);
  else if (isUnsent(change.review)) unanswered.set(change.review.id, change.review);
  else unanswered.delete(change.instead_of ?? "");
  for (const each of [...listeners]) each(change);
}

const unanswered = new Map<string, Review>();

/** Return what was said of a recording and is not with the service yet. */
export function unansweredOf(recording_id: string): readonly Review[] {
  return [...unanswered.values()].filter((each) => each.recording_id === recording_id);
}

/** Ids of reviews that the service has not answered yet begin like this. */
export const UNSENT = "unsent-";

export function isUnsent({ id }: { id: string }): boolean {
  return id.startsWith(UNSENT);
}
