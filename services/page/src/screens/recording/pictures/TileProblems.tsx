import type { Signal } from "@preact/signals";

import type { Problem } from "../../../api/problems";
import { useModel } from "../model";
import type { Pictures } from "./pictures";
import { keyOf, type Tile } from "../../../spectrogram/tile_grid";
import { timeInWords } from "./times";

interface Props {
  shown: Signal<readonly Tile[]>;
  pictures: Pictures;
}

/** Says over each tile that could not be had why, with a way to ask again; the others stay as they are. */
export function TileProblems({ shown, pictures }: Props) {
  const tiles = pictures.tiles.value;
  if (tiles === null) return null;
  const failed = shown.value.flatMap((tile) => {
    const problem = tiles.problem(tile);
    return problem === null || tiles.share(tile) > 0 ? [] : [{ tile, problem }];
  });
  return (
    <>
      {failed.map(({ tile, problem }) => (
        <OneProblem key={keyOf(tile)} tile={tile} problem={problem} retry={() => tiles.retry(tile)} />
      ))}
    </>
  );
}

function OneProblem({ tile, problem, retry }: { tile: Tile; problem: Problem; retry: () => void }) {
  const model = useModel();
  const [start_s, span_s] = [model.start_s.value, model.span_s.value];
  const left = Math.max(0, (tile.index * tile.span_s - start_s) / span_s);
  const right = Math.min(1, ((tile.index + 1) * tile.span_s - start_s) / span_s);
  if (right <= left) return null;
  const end_s = Math.min((tile.index + 1) * tile.span_s, model.duration_s.value);
  const stretch = `${timeInWords(model, tile.index * tile.span_s)} to ${timeInWords(model, end_s)}`;
  const comesAgain = problem.retryAfterS !== null || problem.isUnreachable;
  return (
    <div class="tile-problem" style={{ left: `${100 * left}%`, width: `${100 * (right - left)}%` }} role="status">
      <p>
        <strong>No picture of {stretch}</strong>
        <br />
        {problem.detail}
      </p>
      {comesAgain ? (
        <p class="soft">It will be asked for again by itself.</p>
      ) : (
        problem.status !== 410 && (
          <button type="button" aria-label={`Draw ${stretch} again`} onClick={retry}>
            Try again
          </button>
        )
      )}
    </div>
  );
}
