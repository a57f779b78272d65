import type { Problem } from "../../api/problems";
import { useShortcuts } from "../../app/shortcuts";
import { stepLater } from "./events/waiting_steps";

/** Whoever works by keys does not wait for pictures. */
const STEPS = [
  { key: "j", does: "Go to the next event", run: () => stepLater(1) },
  { key: "k", does: "Go to the previous event", run: () => stepLater(-1) },
];

interface Props {
  /** null: it is still being loaded. */
  problem: Problem | null;
  onRetry: () => void;
}

/** What stands where a recording would: that it is on its way, that there is none, or why it cannot be shown. */
export function NoRecording({ problem, onRetry }: Props) {
  useShortcuts(STEPS);
  if (problem === null)
    return (
      <p class="on-its-way soft" role="status">
        Loading the recording
      </p>
    );
  // 422: what stands in the address is no id at all.
  const isMissing = problem.status === 404 || problem.status === 422;
  return (
    <div class="nothing">
      <h1>{isMissing ? "There is no such recording" : "The recording cannot be shown"}</h1>
      <p>{isMissing ? "It was deleted, or the link is not whole." : problem.detail}</p>
      <p class="acts">
        {!isMissing && (
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        )}
        <a href="/">See all recordings</a>
      </p>
    </div>
  );
}
