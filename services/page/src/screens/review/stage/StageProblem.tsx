import type { Problem } from "../../../api/problems";
import type { QueuedEvent } from "../types";
import type { StagePainter } from "./draw_stage";
import type { Pictures } from "./picture_cache";

interface Props {
  event: QueuedEvent;
  painter: StagePainter;
  pictures: Pictures;
  retry: () => void;
}

/** Over the picture: that it is on its way, or why it cannot be shown, with what to do. */
export function StageProblem({ painter, pictures, retry }: Props) {
  const { tiles } = pictures;
  const failed = painter.shown.value.find((tile) => tiles?.problem(tile) != null && tiles.share(tile) === 0);
  const problem = pictures.problem.value ?? (failed === undefined ? null : (tiles?.problem(failed) ?? null));
  if (problem !== null) {
    const again = () => (failed === undefined ? retry() : tiles?.retry(failed));
    return <Failed problem={problem} retry={again} />;
  }
  if (pictures.about.value !== null) return null;
  return (
    <p class="over on-its-way soft" role="status">
      Reading the sound
    </p>
  );
}

function Failed({ problem, retry }: { problem: Problem; retry: () => void }) {
  const comesAgain = problem.retryAfterS !== null || problem.isUnreachable;
  return (
    <div class="over" onClick={(click) => click.stopPropagation()}>
      <div class="say bad" role="alert">
        <span>{problem.detail}</span>
        {comesAgain ? (
          <span>It is asked for again by itself.</span>
        ) : problem.status === 404 || problem.status === 410 ? (
          <span>Press S to skip the event.</span>
        ) : (
          <button type="button" onClick={retry}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}
