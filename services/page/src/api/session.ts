/** Who is signed in, and what they may do. */
import { computed, effect, signal } from "@preact/signals";

import { fetchJson, refusals, request } from "./client";
import { Problem } from "./problems";
import type { Session } from "./types";

/** undefined: not asked yet; null: a key is asked for. */
export const session = signal<Session | null | undefined>(undefined);
export const isOpen = computed(() => session.value?.open === true);

export type Scope = "read" | "upload" | "review" | "admin";

/** Return whether the session's key allows it; where no key is asked for, everything is allowed. */
export function may(scope: Scope): boolean {
  const scopes = session.value?.scopes ?? [];
  return session.value?.open === true || scopes.includes(scope) || scopes.includes("admin");
}

export async function loadSession(): Promise<void> {
  try {
    session.value = await fetchJson<Session>("/v1/session");
  } catch (error) {
    if (error instanceof Problem && error.status === 401) session.value = null;
    else throw error;
  }
}

export async function signIn(key: string): Promise<void> {
  await request("/v1/session", { method: "POST", json: { key } });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await request("/v1/session", { method: "DELETE" });
  session.value = null;
}

// A session can end at any time: its key was revoked, or it was not used for a week.
effect(() => {
  if (refusals.value > 0) session.value = null;
});
