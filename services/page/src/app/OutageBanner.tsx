import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { streamState } from "../api/events";
import { outage, tryNow } from "../api/reachability";

/** How long the stream of changes may be away before that is worth a word: after a restart it is back in seconds. */
const STREAM_PATIENCE_MS = 10_000;

/** Says that the service does not answer, as long as it does not. */
export function OutageBanner() {
  const since = outage.value;
  const hasNoNews = useStreamLost();
  if (since === null && !hasNoNews) return <div role="status" />;
  return (
    <div class="outage" role="status">
      <span>
        {since !== null
          ? `The service has not answered since ${clockOf(since)}. What is on this page stays, and uploads pause; it is tried again by itself.`
          : "News of what is being analyzed does not come through. It is tried again by itself; until then, reload to see what is new."}
      </span>
      {since !== null && (
        <button type="button" onClick={tryNow}>
          Try now
        </button>
      )}
    </div>
  );
}

/** By the clock of this computer: no recording is meant. */
function clockOf(moment: Date): string {
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()]
    .map((each) => String(each).padStart(2, "0"))
    .join(":");
}

function useStreamLost(): boolean {
  const isLong = useSignal(false);
  const isLost = streamState.value === "lost";
  useEffect(() => {
    isLong.value = false;
    if (!isLost) return;
    const timer = setTimeout(() => (isLong.value = true), STREAM_PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [isLost]);
  return isLong.value;
}
