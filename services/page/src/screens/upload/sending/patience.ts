/** When what failed is tried again: after the time that the service names, else after longer and longer. */
import { effect } from "@preact/signals";

import { isReachable } from "../../../api/client";
import type { Problem } from "../../../api/problems";
import { isAskedAgain } from "../../../api/refusals";
import { session } from "../../../api/session";

const FIRST_MS = 1000;
const LONGEST_MS = 15_000;
/** How often something is tried that may never succeed. */
const MOST_TRIES = 6;
const ALWAYS_WORTH_IT = new Set([0, 401, 408, 429, 503]);
const MAY_PASS = new Set([404, 409, 410, 423, 425, 460]);

/** Return whether to try again after so many tries without any progress. */
export function isWorthAnotherTry(problem: Problem, tries: number): boolean {
  if (ALWAYS_WORTH_IT.has(problem.status)) return true;
  return (problem.status >= 500 || MAY_PASS.has(problem.status)) && tries < MOST_TRIES;
}

export function delayMs(problem: Problem, tries: number): number {
  if (problem.retryAfterS !== null) return problem.retryAfterS * 1000;
  return Math.min(FIRST_MS * 2 ** tries, LONGEST_MS);
}

/** Wait as long as it needs: until somebody is signed in, or a while, or until the service answers others again. */
export async function waitOut(problem: Problem, tries: number, stop: AbortSignal): Promise<void> {
  if (problem.status === 401) return until(() => session.value != null && !isAskedAgain.value, stop);
  const whole = delayMs(problem, tries);
  if (!problem.isUnreachable) return pause(whole, stop);
  await pause(whole / 2, stop);
  const waiting = new AbortController();
  const either = AbortSignal.any([stop, waiting.signal]);
  try {
    await Promise.race([pause(whole / 2, either), until(() => isReachable.value, either)]);
  } finally {
    waiting.abort();
  }
}

export function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    onStop(stop, () => {
      clearTimeout(timer);
      reject(new Stopped());
    });
  });
}

/** Wait until what is asked of signals is true. */
export async function until(isSo: () => boolean, stop: AbortSignal): Promise<void> {
  let end: (() => void) | null = null;
  try {
    await new Promise<void>((resolve, reject) => {
      end = effect(() => {
        if (isSo()) resolve();
      });
      onStop(stop, () => reject(new Stopped()));
    });
  } finally {
    (end as (() => void) | null)?.();
  }
}

/** Somebody closed the sheet or took the file out. */
export class Stopped extends Error {}

export function checkStop(stop: AbortSignal): void {
  if (stop.aborted) throw new Stopped();
}

export function onStop(stop: AbortSignal, act: () => void): void {
  if (stop.aborted) act();
  else stop.addEventListener("abort", act, { once: true });
}
