/** Answers of 401: where somebody was signed in, the page asks for a key again and goes on where it was. */
import { signal } from "@preact/signals";

/** Grows with each of them. */
export const refusals = signal(0);
/** Whether a key is asked for again, above what is on screen. What was refused waits for it. */
export const isAskedAgain = signal(false);
