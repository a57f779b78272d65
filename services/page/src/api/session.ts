/** Who is signed in, and what they may do. */
import { computed, effect, signal } from "@preact/signals";

import { fetchJson, request } from "./client";
import { Problem } from "./problems";
import { isAskedAgain, refusals } from "./refusals";
import type { Session } from "./types";
import { pause } from "./waiting";

/** undefined: not asked yet; null: a key is asked for. One that has ended stays until somebody signs in again. */
export const session = signal<Session | null | undefined>(undefined);
/** Why it is not known yet who is signed in, where the service answers with something else. */
export const sessionProblem = signal<Problem | null>(null);
export const isOpen = computed(() => session.value?.open === true);

export type Scope = "read" | "upload" | "review" | "admin";

const AGAIN_S = 5;

/** Return whether the session's key allows it; where no key is asked for, everything is allowed. */
export function may(scope: Scope): boolean {
  const scopes = session.value?.scopes ?? [];
  return session.value?.open === true || scopes.includes(scope) || scopes.includes("admin");
}

/** Find out who is signed in, however long it takes. */
export async function loadSession(): Promise<void> {
  for (;;) {
    const problem = await readSession();
    sessionProblem.value = problem;
    if (problem === null) return;
    await pause((problem.retryAfterS ?? AGAIN_S) * 1000);
  }
}

/** Begin a session. Throws `Problem`, and what is on screen stays. */
export async function signIn(key: string): Promise<void> {
  await request("/v1/session", { method: "POST", json: { key } });
  await loadSession();
  isAskedAgain.value = false;
}

const farewells = new Set<() => Promise<void>>();

/** Have something done while the session is still there, before it is ended by `signOut`; returns how to call it off. */
export function beforeSignOut(farewell: () => Promise<void>): () => void {
  farewells.add(farewell);
  return () => farewells.delete(farewell);
}

export async function signOut(): Promise<void> {
  await Promise.all([...farewells].map((each) => each()));
  try {
    await request("/v1/session", { method: "DELETE" });
  } catch (error) {
    // It has ended already, which is what was wanted.
    if (!(error instanceof Problem && error.status === 401)) throw error;
  }
  session.value = null;
}

/** Notice a session that has ended while nothing else asks the service for anything. */
export async function checkSession(): Promise<void> {
  try {
    await request("/v1/session");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) refusals.value += 1;
  }
}

async function readSession(): Promise<Problem | null> {
  try {
    session.value = await fetchJson<Session>("/v1/session");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 401) return error;
    session.value = null;
  }
  return null;
}

// A session can end at any time: its key was revoked, or it was not used for a week. So can an open service be closed.
effect(() => {
  if (refusals.value > 0 && session.peek() != null) isAskedAgain.value = true;
});
