/** What is said waits in this browser until the service has it: a closed window or a cut line loses nothing. */
import { newKey } from "../api/request_key";
import type { Review, Strategy, Verdict } from "./types";

/** The body of `POST /v1/reviews`. */
export interface PostedReview {
  recording_id: string;
  taxon: string;
  onset_s: number;
  offset_s: number;
  verdict: Verdict;
  corrected_taxon: string | null;
  note: string;
  reviewer?: string;
  strategy: Strategy | null;
}

/** Something to be said to the service, in the order in which somebody did it. */
export type Waiting = {
  /** Links what is said with what takes it back. */
  ticket: string;
  /** The key's name it was done with: no other key may send it; null: no keys are used. */
  by: string | null;
} &
  /** `before` is what the same person is known to have said of it until then. */
  (
    | { kind: "post"; body: PostedReview; shown: Review; before: Review | null }
    /** `id` is null until what is taken back was answered; `again` is what was said of it before. */
    | { kind: "take back"; id: string | null; again: Review | null }
  );

const PREFIX = "dawn-chorus.unsent.";
const TAB = "dawn-chorus.tab";
/** A window that has not been heard of for so long is closed: what it left is sent by another one. */
const CLOSED_MS = 600_000;

const own = `${PREFIX}${newKey()}`;

/** Whether something of an earlier visit waits: then what sends it is loaded. */
export function hasUnsent(): boolean {
  return keysOf(storage("localStorage")).length > 0;
}

/** Keep what waits; returns false where this browser keeps nothing. */
export function keepUnsent(waiting: readonly Waiting[]): boolean {
  try {
    const store = storage("localStorage");
    if (store === null) return false;
    if (waiting.length === 0) store.removeItem(own);
    else store.setItem(own, JSON.stringify({ at_ms: Date.now(), waiting }));
    storage("sessionStorage")?.setItem(TAB, own);
    return true;
  } catch {
    return false;
  }
}

/** Take over what this window left before it was loaded again, and what closed windows left. */
export function takeOver(): Waiting[] {
  const store = storage("localStorage");
  const before = storage("sessionStorage")?.getItem(TAB);
  return keysOf(store).flatMap((key) => {
    const { at_ms, waiting } = parse(store?.getItem(key));
    if (key !== before && Date.now() - at_ms < CLOSED_MS) return [];
    store?.removeItem(key);
    return waiting;
  });
}

function keysOf(store: Storage | null): string[] {
  return store === null ? [] : Object.keys(store).filter((key) => key.startsWith(PREFIX) && key !== own);
}

function parse(text: string | null | undefined): { at_ms: number; waiting: Waiting[] } {
  try {
    return JSON.parse(text ?? "") as { at_ms: number; waiting: Waiting[] };
  } catch {
    return { at_ms: 0, waiting: [] };
  }
}

/** A browser that keeps nothing throws already when it is asked for its storage. */
function storage(name: "localStorage" | "sessionStorage"): Storage | null {
  try {
    return window[name];
  } catch {
    return null;
  }
}
