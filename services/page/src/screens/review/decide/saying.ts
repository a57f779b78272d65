/** Decides, skips and goes back, and says each for five seconds. */
import { dismiss, notify, undoLatest } from "../../../app/notices";
import type { ReviewLoop, Said } from "../loop/review_loop";
import { nameOf, sayDone, sayTime } from "../loop/words";

/** Of what was done last: the one before it is not said any longer. */
let said = 0;

export function sayOfEach(loop: ReviewLoop) {
  const undone = () => {
    const step = loop.undo();
    if (step === null) return;
    dismiss(said);
    const { event, decided } = step;
    const what = decided === null ? "Back to" : "Taken back:";
    said = notify(`${what} ${nameOf(event)}, ${sayTime(event)}`);
  };
  return {
    decided: (what: Said) => {
      const event = loop.current.peek();
      if (event === null || loop.decide(what) === null) return;
      dismiss(said);
      said = notify(sayDone(event, what), undone);
    },
    skipped: () => {
      const event = loop.current.peek();
      if (event === null) return;
      loop.skip();
      dismiss(said);
      said = notify(sayDone(event, null), undone);
    },
    /** Go back one step here. */
    undone,
    /** Take back what can be, as long as that is said; then step by step what was done here. */
    undo: () => {
      if (!undoLatest()) undone();
    },
  };
}
