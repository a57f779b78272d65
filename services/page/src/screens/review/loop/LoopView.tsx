import { useEffect, useRef } from "preact/hooks";

import { withQuery } from "../../../api/client";
import { leaveKeys } from "../../../app/leave_keys";
import { navigate, setQuery } from "../../../app/router";
import { useShortcuts } from "../../../app/shortcuts";
import { unsent, unsentOfOthers } from "../../../reviews/outbox";
import { asksForSameQueue, type Asked } from "../asked";
import { Decisions } from "../decide/Decisions";
import { ReviewFilters } from "../filters/ReviewFilters";
import { Stage } from "../stage/Stage";
import { PrecisionPanel } from "../trust/PrecisionPanel";
import { EventFacts } from "./EventFacts";
import { NoEvent } from "./NoEvent";
import { ReviewLoop } from "./review_loop";
import { TaxonTitle } from "./TaxonTitle";
import { sayEvent, sayProgress } from "./words";

/** The events of a taxon, one at a time. */
export function LoopView({ asked }: { asked: Asked }) {
  const loop = useLoop(asked);
  const event = loop.current.value;
  // Once all are reviewed, the threshold can still be used where the last one was heard.
  const looked = event ?? loop.latest.value;
  const all = withQuery("/review", { ...asked, taxon: null, seed: null });
  useShortcuts([{ key: "/", does: "Choose another taxon", run: () => navigate(all), once: true }]);
  return (
    <div class="review">
      <TaxonTitle asked={asked} loop={loop} all={all} />
      <ReviewFilters asked={asked} seed={loop.seed.value} />
      <Unsent />
      <p class="hidden-visually" role="status" aria-live="polite">
        {event !== null && `${sayEvent(event)}. ${sayProgress(loop)}.`}
      </p>
      <div class="columns" onClick={leaveKeys}>
        <div class="looked-at">
          {event === null ? (
            <NoEvent loop={loop} asked={asked} all={all} />
          ) : (
            <>
              <EventFacts event={event} asked={asked} />
              <Stage loop={loop} event={event} />
              <Decisions loop={loop} event={event} />
            </>
          )}
        </div>
        {loop.counted.value !== null && (
          <PrecisionPanel
            asked={asked}
            taxon={looked?.scientific_name ?? asked.taxon ?? ""}
            site={looked?.site ?? null}
          />
        )}
      </div>
    </div>
  );
}

/** The same loop for as long as the same is asked for; its seed goes into the address, so that the link says the order. */
function useLoop(asked: Asked): ReviewLoop {
  const kept = useRef<ReviewLoop | null>(null);
  if (kept.current === null || !serves(kept.current, asked)) kept.current = new ReviewLoop(asked);
  const loop = kept.current;
  useEffect(() => loop.start(), [loop]);
  const seed = loop.seed.value;
  useEffect(() => {
    if (seed !== null && asked.seed === undefined) setQuery({ seed: String(seed) });
  }, [seed, asked.seed]);
  return loop;
}

function serves(loop: ReviewLoop, asked: Asked): boolean {
  const isSameSeed = asked.seed === undefined || asked.seed === (loop.asked.seed ?? String(loop.seed.peek()));
  return asksForSameQueue(loop.asked, asked) && isSameSeed;
}

/** What is decided while nothing answers is kept, and said to be. */
function Unsent() {
  const [count, others] = [unsent.value, unsentOfOthers.value];
  return (
    <div role="status" class="unsent">
      {count > 1 && (
        <p class="say warn">
          {count} decisions are not saved yet. They are kept in this browser and sent by themselves as soon as the
          service takes them.
        </p>
      )}
      {others > 0 && (
        <p class="soft">
          {others} {others === 1 ? "decision" : "decisions"} of somebody else {others === 1 ? "waits" : "wait"} in this
          browser until they sign in again.
        </p>
      )}
    </div>
  );
}
