/** What speaks tus is a fifth of the page, and comes behind what is looked at first. */
import { Problem } from "../../../api/problems";

type Code = typeof import("./sending");
let code: Promise<Code> | null = null;

/** Load it once; throws `Problem` where it cannot be had, and can be asked again. */
export function loadSending(): Promise<Code> {
  code ??= import("./sending").catch(() => {
    code = null;
    throw new Problem("outdated", 0, "The page could not load what sends files: reload it, and choose the file again.");
  });
  return code;
}

/** Load it before it is needed, so that it is there even if the line is cut then. */
export function loadSendingEarly(): void {
  // Whoever needs it asks again, and is told.
  setTimeout(() => void loadSending().catch(() => null));
}
