import { formatDay } from "../../../time/clock";
import { useModel } from "../model";
import type { Pictures } from "./pictures";

/** Why there is no picture of the sound, and what to do. */
export function NoPicture({ pictures }: { pictures: Pictures }) {
  const model = useModel();
  const removed = model.recording.value.audio_removed_at;
  const problem = pictures.problem.value;
  if (removed !== null)
    return (
      <div class="say no-picture">
        <span>
          The audio was removed on {formatDay(removed.slice(0, 10))}: there is no picture and no sound of it any more.
          What was heard in it stays. Upload the same file again to see and hear it.
        </span>
      </div>
    );
  if (problem === null)
    return (
      <p class="waiting soft" role="status">
        Reading the sound …
      </p>
    );
  const isWaiting = problem.retryAfterS !== null || problem.isUnreachable;
  return (
    <div class="waiting">
      <div class="say bad" role="alert">
        <span>{problem.detail}</span>
        {!isWaiting && (
          <button type="button" onClick={() => pictures.retry()}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
