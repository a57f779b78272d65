/** Why a clip cannot be played, in words that say what to do: an audio element only knows that it cannot. */
import { request } from "../api/client";
import { Problem } from "../api/problems";

export interface Failure {
  words: string;
  /** When to try again; null: trying again does not help, or only later. */
  retryAfterS: number | null;
}

export const UNPLAYABLE =
  "This browser cannot play the sound. Try it in a current Firefox, Chrome, Edge or Safari, or download the audio.";
export const NEEDS_CLICK = "The browser lets sound begin only after a click or a key: press Play.";
export const NO_OUTPUT =
  "The browser finds nothing to play sound on. Connect loudspeakers or headphones, then press Play.";
export const LOADING = "Loading…";
export const SLOW = "Loading takes long: the service is still making this stretch of sound.";

/** Ask the service for the first byte of a clip that failed; null: the service has it, the browser cannot play it. */
export async function explainFailure(address: string): Promise<Failure | null> {
  try {
    await request(address, { headers: { Range: "bytes=0-0" } });
    return null;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return wordFailure(error);
  }
}

/** Return what to tell of a problem, and when to try again by itself. */
export function wordFailure(problem: Problem): Failure {
  if (problem.isUnreachable) {
    return { words: "The service does not answer. Playing goes on as soon as it does.", retryAfterS: 3 };
  }
  if (problem.status === 503) {
    const retryAfterS = problem.retryAfterS ?? 2;
    return { words: `The service is busy; trying again in ${retryAfterS} s.`, retryAfterS };
  }
  if (problem.status === 410) {
    return {
      words: "The audio was removed, its results are kept. Upload the same file again to hear it.",
      retryAfterS: null,
    };
  }
  return { words: problem.detail, retryAfterS: null };
}
