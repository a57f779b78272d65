/** What the service refuses, in words that say what happens next or what to do. */
import type { Problem } from "../../../api/problems";
import { count, formatBytes } from "../words";

export const LINE_CUT = "The line was cut. It goes on by itself.";

/** It will be tried again. */
export function heldUp(problem: Problem): string {
  if (problem.status === 0) return LINE_CUT;
  if (problem.status === 401) return "It goes on once you are signed in.";
  const { retryAfterS } = problem;
  const when = retryAfterS === null ? "by itself" : `by itself after ${count(Math.ceil(retryAfterS), "second")}`;
  return `${reason(problem)} It goes on ${when}.`;
}

/** It will not. */
export function refused(problem: Problem): string {
  if (problem.status !== 413) return problem.detail;
  const said = problem.kind === "" ? "Something before the service takes no parts of 8 MB" : problem.detail;
  return `${withUnits(sentence(said))} Split the file, or ask whoever runs the service to raise the limit.`;
}

function reason(problem: Problem): string {
  if (problem.status === 408) return "The line was too slow for the service.";
  if (problem.status === 429) return "The service has too much to do at once.";
  return sentence(problem.detail);
}

/** The service's details end without a full stop where they are one sentence. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function withUnits(text: string): string {
  return text.replace(/(\d+) bytes/g, (_, bytes: string) => formatBytes(Number(bytes)));
}
