/** Sends what is said, one after the other, for as long as it takes; what the service refuses is told and taken back. */
import { computed, effect, signal } from "@preact/signals";

import { fetchJson, request } from "../api/client";
import { asProblem, Problem } from "../api/problems";
import { untilReachable } from "../api/reachability";
import { beforeSignOut, session } from "../api/session";
import { pause, until } from "../api/waiting";
import { complain } from "../app/notices";
import { tellReviewChange } from "./changes";
import type { Review, SavedReview } from "./types";
import { keepUnsent, takeOver, type PostedReview, type Waiting } from "./unsent";

const waiting = signal<readonly Waiting[]>([]);
/** How much is not saved yet. */
export const unsent = computed(() => waiting.value.length);
let isSending = false;
let isKept = true;
const LONGEST_S = 60;
const HEARTBEAT_MS = 60_000;
const FAREWELL_MS = 5000;

/** Say something, once what was said before it is with the service. */
export function post(item: Extract<Waiting, { kind: "post" }>): void {
  put([...waiting.peek(), item]);
}

/** Take back what was said: what is not yet sent is never sent. `saved` is the service's answer where there is one. */
export function takeBack(ticket: string, by: string | null, saved: SavedReview | null): void {
  const at = waiting.peek().findIndex((each) => each.ticket === ticket && each.kind === "post");
  // The first one is on its way.
  if (at > 0 || (at === 0 && !isSending)) {
    put(waiting.peek().filter((each) => each.ticket !== ticket));
    return;
  }
  if (at < 0 && saved === null) return;
  put([...waiting.peek(), { kind: "take back", ticket, by, id: saved?.id ?? null, again: saved?.replaced ?? null }]);
}

const answers = new Map<string, (saved: SavedReview | null) => void>();

/** Have it told once: what the service answered to what was said; null: it was refused. */
export function onAnswer(ticket: string, listener: (saved: SavedReview | null) => void): void {
  answers.set(ticket, listener);
}

function put(next: readonly Waiting[]): void {
  waiting.value = next;
  isKept = keepUnsent(next);
  void sendAll();
}

async function sendAll(): Promise<void> {
  if (isSending) return;
  isSending = true;
  for (let tries = 0; waiting.peek().length > 0;) {
    const [first] = waiting.peek();
    if (first === undefined) break;
    // Another key must not sign it.
    await until(() => session.value != null && session.value.name === first.by);
    try {
      await send(first);
      tries = 0;
    } catch (error) {
      const problem = asProblem(error);
      if (!isPassing(problem)) {
        refuse(first, problem);
        continue;
      }
      tries += 1;
      if (problem.isUnreachable) await untilReachable();
      else await pause((problem.retryAfterS ?? Math.min(2 ** tries, LONGEST_S)) * 1000);
    }
  }
  isSending = false;
}

/** Whether it may be taken later as it is: whoever waits loses nothing. */
function isPassing({ isUnreachable, status }: Problem): boolean {
  return isUnreachable || status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
}

async function send(item: Waiting): Promise<void> {
  if (item.kind === "post") {
    const saved = await postReview(item.body);
    if (saved.replaced !== null) tellReviewChange({ kind: "drop", id: saved.replaced.id });
    settle(item, saved);
    tellReviewChange({ kind: "put", review: saved, instead_of: item.shown.id });
    return;
  }
  if (item.again !== null) {
    const saved = await postReview(toBody(item.again));
    if (saved.replaced !== null) tellReviewChange({ kind: "drop", id: saved.replaced.id });
    tellReviewChange({ kind: "put", review: saved, instead_of: item.again.id });
  } else if (item.id !== null) await deleteReview(item.id);
  settle(item, null);
}

/** It is done with: whatever takes it back learns what to take back. */
function settle(item: Waiting, saved: SavedReview | null): void {
  const rest = waiting.peek().filter((each) => each !== item);
  put(
    rest.map((each) =>
      saved !== null && each.kind === "take back" && each.ticket === item.ticket
        ? { ...each, id: saved.id, again: saved.replaced }
        : each,
    ),
  );
  if (item.kind !== "post") return;
  answers.get(item.ticket)?.(saved);
  answers.delete(item.ticket);
}

function refuse(item: Waiting, problem: Problem): void {
  if (item.kind === "post") tellReviewChange({ kind: "drop", id: item.shown.id });
  put(waiting.peek().filter((each) => each.ticket !== item.ticket));
  answers.get(item.ticket)?.(null);
  answers.delete(item.ticket);
  const what = item.kind === "post" ? `“${item.shown.common_name || item.body.taxon}”` : "What was taken back";
  complain(new Error(`${what} was not saved: ${problem.detail}`));
}

function postReview(body: PostedReview): Promise<SavedReview> {
  return fetchJson<SavedReview>("/v1/reviews", { method: "POST", json: body, keepalive: true });
}

async function deleteReview(id: string): Promise<void> {
  try {
    await request(`/v1/reviews/${id}`, { method: "DELETE", keepalive: true });
  } catch (error) {
    // Gone already, which is what was wanted.
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
}

/** Return what is sent of a review: keys say by themselves who reviews. */
export function toBody(review: Review): PostedReview {
  const { recording_id, scientific_name, onset_s, offset_s, verdict, corrected_taxon, note, strategy } = review;
  const about = { recording_id, taxon: scientific_name, onset_s, offset_s, verdict, corrected_taxon, note, strategy };
  return session.peek()?.name == null ? { ...about, reviewer: review.reviewer } : about;
}

const left = takeOver();
if (left.length > 0) put([...waiting.peek(), ...left]);
for (const each of left) if (each.kind === "post") tellReviewChange({ kind: "put", review: each.shown });

effect(() => {
  if (unsent.value === 0) return undefined;
  const timer = setInterval(() => keepUnsent(waiting.peek()), HEARTBEAT_MS);
  return () => clearInterval(timer);
});
window.addEventListener("beforeunload", (event) => {
  if (!isKept && unsent.peek() > 0) event.preventDefault();
});
// It stays in this browser where it takes longer, until the same key signs in again.
beforeSignOut(() => pause(FAREWELL_MS, () => unsent.value === 0));
