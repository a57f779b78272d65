/** One request for each of many things, a few at once: what could be done, and of each other one why not. */
import { asProblem, Problem } from "./problems";

export interface Refused<T> {
  item: T;
  problem: Problem;
}

export interface Outcome<T, R> {
  done: { item: T; result: R }[];
  refused: Refused<T>[];
}

/** Browsers allow six connections to a host; one of them is the stream of changes. */
const AT_ONCE = 4;
const MOST_TRIES = 5;
const PAUSE_S = 1;

/** Ask for each item; where the service is busy, wait as long as it says. Once nothing answers, the rest is not tried. */
export async function askForEach<T, R>(
  items: readonly T[],
  ask: (item: T) => Promise<R>,
  atOnce = AT_ONCE,
): Promise<Outcome<T, R>> {
  const outcome: Outcome<T, R> = { done: [], refused: [] };
  const waiting = [...items];
  let broken: Problem | null = null;
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
      try {
        if (broken !== null) throw broken;
        outcome.done.push({ item, result: await askPatiently(ask, item) });
      } catch (error) {
        const problem = asProblem(error);
        if (problem.isUnreachable || problem.status === 401) broken = problem;
        outcome.refused.push({ item, problem });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return outcome;
}

async function askPatiently<T, R>(ask: (item: T) => Promise<R>, item: T): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(item);
    } catch (error) {
      const isBusy = error instanceof Problem && (error.status === 429 || error.status === 503);
      if (!isBusy || tries === MOST_TRIES) throw error;
      await new Promise((resume) => setTimeout(resume, (error.retryAfterS ?? PAUSE_S) * 1000));
    }
  }
}
