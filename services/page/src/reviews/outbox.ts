/** Sends what is said, in its order, for as long as it takes; what the service refuses is told and taken back. */
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

type Post = Extract<Waiting, { kind: "post" }>;
type TakeBack = Extract<Waiting, { kind: "take back" }>;

/** The service takes more, browsers do not of a page that is left: 64 KiB. */
const MOST_AT_ONCE = 100;
const MOST_BYTES = 60_000;
const waiting = signal<readonly Waiting[]>([]);
/** How much is not saved yet of what the session's key said: no other key may sign it. */
export const unsent = computed(() => waiting.value.filter(isOwn).length);
/** How much waits for other keys to sign in. */
export const unsentOfOthers = computed(() => waiting.value.length - unsent.value);
/** Tickets of what may have reached the service: it has to answer before that is taken back. */
const sent = new Set<string>();
let isSending = false;
let isKept = true;
/** So many at once: half as many after one that failed, for not all need be at fault; twice as many after one that did not. */
let most = MOST_AT_ONCE;
const LONGEST_S = 60;
const HEARTBEAT_MS = 60_000;
const FAREWELL_MS = 5000;

/** Say something, once what was said before it is with the service. */
export function post(item: Post): void {
  put([...waiting.peek(), item]);
}

/** Take back what was said: what is not yet sent is never sent. `saved` is the service's answer where there is one. */
export function takeBack(ticket: string, by: string | null, saved: SavedReview | null): void {
  const isWaiting = waiting.peek().some((each) => each.ticket === ticket && each.kind === "post");
  if (isWaiting && !sent.has(ticket)) {
    put(waiting.peek().filter((each) => each.ticket !== ticket));
    return;
  }
  if (!isWaiting && saved === null) return;
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
  let tries = 0;
  while (waiting.peek().length > 0) {
    // What another key said waits until that one is back, and keeps nothing else waiting.
    await until(() => waiting.value.length === 0 || waiting.value.some(isOwn));
    // It may have been taken back meanwhile.
    const first = waiting.peek().find(isOwn);
    if (first === undefined) continue;
    const posts = postsTogether(first.by);
    try {
      if (first.kind === "post") await sendPosts(posts);
      else await sendTakeBack(first);
      tries = 0;
      most = Math.min(most * 2, MOST_AT_ONCE);
    } catch (error) {
      const problem = asProblem(error);
      const isOne = posts.length <= 1;
      most = Math.max(1, Math.floor(posts.length / 2));
      if (!isPassing(problem)) {
        if (isOne) refuse(first, problem);
        continue;
      }
      tries += 1;
      if (problem.isUnreachable) await untilReachable();
      else await pause((problem.retryAfterS ?? Math.min(2 ** tries, LONGEST_S)) * 1000);
    }
  }
  isSending = false;
}

/** Whether it was said with the session's key. */
function isOwn({ by }: Waiting): boolean {
  return session.value != null && session.value.name === by;
}

/** Return what a key said first, up to what takes something back. */
function postsTogether(by: string | null): readonly Post[] {
  const posts: Post[] = [];
  let bytes = 0;
  for (const each of waiting.peek()) {
    if (each.by !== by) continue;
    if (each.kind !== "post" || posts.length === most) break;
    bytes += new Blob([JSON.stringify(each.body)]).size + 1;
    if (posts.length > 0 && bytes > MOST_BYTES) break;
    posts.push(each);
  }
  return posts;
}

/** Whether it may be taken later as it is: whoever waits loses nothing. */
function isPassing({ isUnreachable, status }: Problem): boolean {
  return isUnreachable || status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
}

async function sendPosts(posts: readonly Post[]): Promise<void> {
  const again = new Set(posts.filter(({ ticket }) => sent.has(ticket)));
  for (const { ticket } of posts) sent.add(ticket);
  const bodies = posts.map(({ body }) => body);
  const [only] = bodies;
  const saved = only !== undefined && bodies.length === 1 ? [await postReview(only)] : await postReviews(bodies);
  const ids = new Map(
    posts.map((each, at) => [each.ticket, again.has(each) ? withBefore(saved[at], each) : saved[at]]),
  );
  // Whatever takes one of them back learns what to take back.
  const rest = waiting.peek().flatMap((each) => {
    const answer = ids.get(each.ticket);
    if (answer === undefined) return [each];
    return each.kind === "post" ? [] : [{ ...each, id: answer.id, again: answer.replaced }];
  });
  put(rest);
  for (const { ticket, shown } of posts) {
    const answer = ids.get(ticket);
    if (answer === undefined) continue;
    if (answer.replaced !== null) tellReviewChange({ kind: "drop", id: answer.replaced.id });
    tellAnswer(ticket, answer);
    tellReviewChange({ kind: "put", review: answer, instead_of: shown.id });
  }
}

/** What was sent before, its answer lost, has replaced itself: undone, what stood before both is there again. */
function withBefore(saved: SavedReview | undefined, { body, before }: Post): SavedReview | undefined {
  const replaced = saved?.replaced ?? null;
  if (saved === undefined || replaced === null) return saved;
  const said = ["verdict", "corrected_taxon", "note", "strategy", "onset_s", "offset_s"] as const;
  return said.every((name) => replaced[name] === body[name]) ? { ...saved, replaced: before } : saved;
}

async function sendTakeBack(item: TakeBack): Promise<void> {
  if (item.again !== null) {
    const saved = await postReview(toBody(item.again));
    if (saved.replaced !== null) tellReviewChange({ kind: "drop", id: saved.replaced.id });
    tellReviewChange({ kind: "put", review: saved, instead_of: item.again.id });
  } else if (item.id !== null) await deleteReview(item.id);
  put(waiting.peek().filter((each) => each !== item));
}

function tellAnswer(ticket: string, saved: SavedReview | null): void {
  sent.delete(ticket);
  answers.get(ticket)?.(saved);
  answers.delete(ticket);
}

function refuse(item: Waiting, problem: Problem): void {
  if (item.kind === "post") tellReviewChange({ kind: "drop", id: item.shown.id });
  put(waiting.peek().filter((each) => each.ticket !== item.ticket));
  tellAnswer(item.ticket, null);
  const what = item.kind === "post" ? `“${item.shown.common_name || item.body.taxon}”` : "What was taken back";
  complain(new Error(`${what} was not saved: ${problem.detail}`));
}

function postReview(body: PostedReview): Promise<SavedReview> {
  return fetchJson<SavedReview>("/v1/reviews", { method: "POST", json: body, keepalive: true });
}

async function postReviews(items: readonly PostedReview[]): Promise<readonly SavedReview[]> {
  const path = "/v1/reviews/batch";
  const saved = await fetchJson<{ items: SavedReview[] }>(path, { method: "POST", json: { items }, keepalive: true });
  return saved.items;
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
for (const { ticket } of left) sent.add(ticket);
if (left.length > 0) put([...waiting.peek(), ...left]);
for (const each of left) if (each.kind === "post") tellReviewChange({ kind: "put", review: each.shown });

effect(() => {
  if (waiting.value.length === 0) return undefined;
  const timer = setInterval(() => keepUnsent(waiting.peek()), HEARTBEAT_MS);
  return () => clearInterval(timer);
});
window.addEventListener("beforeunload", (event) => {
  if (!isKept && waiting.peek().length > 0) event.preventDefault();
});
// It stays in this browser where it takes longer, until the same key signs in again.
beforeSignOut(() => pause(FAREWELL_MS, () => unsent.value === 0));
