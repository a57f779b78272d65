/** Whether the service answers. Whoever finds that it does not says so here; then it is asked again and again. */
import { effect, signal } from "@preact/signals";

import { pause, until } from "./waiting";

/** Whether the last request reached the service. False for a moment is nothing that a person need know. */
export const isReachable = signal(true);
/** Since when it has not answered, by the clock of this computer; null: it answers, or that is not sure yet. */
export const outage = signal<Date | null>(null);

const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const PATIENCE_MS = 10_000;
/** Grows when somebody will not wait for the next try. */
const nudges = signal(0);

/** Have it asked now whether it answers, whatever is believed. */
export function tryNow(): void {
  nudges.value += 1;
  void suspect();
}

let isSuspected = false;

/** Ask whether it answers at all, where somebody waits in vain for something. */
export async function suspect(): Promise<void> {
  if (isSuspected || !isReachable.peek()) return;
  isSuspected = true;
  if (!(await answers())) isReachable.value = false;
  isSuspected = false;
}

/** Wait while it is away; return whether it really was. */
export async function untilReachable(abort?: AbortSignal): Promise<boolean> {
  let wasAway = false;
  await until(() => {
    wasAway ||= outage.value !== null;
    return isReachable.value;
  }, abort);
  return wasAway;
}

/** Ask it once. */
export async function answers(): Promise<boolean> {
  try {
    const answer = await fetch("/health/live", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}

async function askUntilItAnswers(): Promise<void> {
  const since = new Date();
  for (let wait = FIRST_MS; !isReachable.peek(); wait = Math.min(wait * 2, LONGEST_MS)) {
    const seen = nudges.peek();
    await pause(wait, () => isReachable.value || nudges.value > seen);
    if (isReachable.peek()) return;
    if (await answers()) isReachable.value = true;
    else if (!isReachable.peek()) outage.value ??= since;
  }
}

effect(() => {
  if (isReachable.value) outage.value = null;
  else void askUntilItAnswers();
});

if (typeof window !== "undefined") window.addEventListener("online", tryNow);
