import { useShortcuts } from "../../../app/shortcuts";
import type { Asked } from "../asked";
import { sayOfEach } from "../decide/saying";
import { ClearFilters, isNarrowed } from "../filters/ReviewFilters";
import type { ReviewLoop } from "./review_loop";

interface Props {
  loop: ReviewLoop;
  asked: Asked;
  all: string;
}

/** No event is there: it is on its way, or why there is none, and the one thing to do next. */
export function NoEvent({ loop, asked, all }: Props) {
  const say = sayOfEach(loop);
  useShortcuts([{ key: "z", does: "Undo what was done last", run: say.undo, once: true }]);
  const problem = loop.problem.value;
  if (problem !== null)
    return (
      <div class="nothing">
        <h2>The events cannot be shown</h2>
        <p>{problem.detail}</p>
        <p class="acts">
          <button type="button" onClick={loop.retry}>
            Try again
          </button>
          <a href={all}>All taxa</a>
        </p>
      </div>
    );
  if (!loop.isOver.value)
    return (
      <p class="on-its-way soft" role="status">
        Looking for events
      </p>
    );
  return (
    <div class="nothing">
      <Nothing loop={loop} asked={asked} />
      <p class="acts">
        {loop.skipped.value.length > 0 && (
          <button type="button" class="primary" onClick={() => loop.lookAgain()}>
            Look at {loop.skipped.value.length} skipped again
          </button>
        )}
        {loop.canUndo.value && (
          <button type="button" onClick={say.undone}>
            Undo <kbd aria-hidden="true">Z</kbd>
          </button>
        )}
        <a href={all}>Choose another taxon</a>
        <a href="/overview?by=day&reviewed=identified">See all that is confirmed or corrected, by day</a>
        {isNarrowed(asked) && <ClearFilters />}
      </p>
    </div>
  );
}

function Nothing({ loop, asked }: { loop: ReviewLoop; asked: Asked }) {
  const skipped = loop.skipped.value.length;
  if (skipped > 0)
    return (
      <>
        <h2>No more events come</h2>
        <p>{skipped === 1 ? "One was skipped." : `${skipped} were skipped.`}</p>
      </>
    );
  const reviewed = (loop.counted.value?.reviewed ?? 0) + loop.decided.value;
  const isNone = reviewed === 0;
  return (
    <>
      <h2>{isNone ? "There is nothing to review" : "All events are reviewed"}</h2>
      <p>
        {isNone && isNarrowed(asked) && "No event of this taxon fits these filters. "}
        {isNone && !isNarrowed(asked) && "No event of this taxon is in an analysis that counts. "}
        {!isNone && isNarrowed(asked) && "Of those that fit these filters, none is left. "}
        Events whose audio was removed cannot be heard: they are left out.
      </p>
      {!isNone && (
        <p class="soft">Recordings that are analyzed again with lower thresholds show less sure events, too.</p>
      )}
    </>
  );
}
