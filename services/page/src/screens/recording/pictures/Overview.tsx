import "./pictures.css";

import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";

import { Plot, type Size } from "../../../drawing/Plot";
import { timeScale } from "../../../drawing/time_scale";
import { formatLength } from "../../../time/clock";
import { useModel, type RecordingModel } from "../model";
import { Brush } from "./Brush";
import { CursorLines } from "./CursorLines";
import { drawTiles, ground } from "../../../spectrogram/draw_tiles";
import { drawLost } from "./marks";
import { usePictures, type Pictures } from "./pictures";
import type { Tile } from "../../../spectrogram/tile_grid";
import { stretchInWords } from "./times";

const HEIGHT = 48;

/** The whole recording as a strip, with the visible stretch as a brush. */
export function Overview() {
  const model = useModel();
  const pictures = usePictures(model);
  const place = useRef<HTMLDivElement>(null);
  const shown = useSignal<readonly Tile[]>([]);
  const draw = useMemo(() => drawOverview(model, pictures, (tiles) => (shown.value = tiles)), [model, pictures]);
  const length = formatLength(model.duration_s.value);
  const stretch = stretchInWords(model, 0, model.duration_s.value);
  return (
    <div class="row overview">
      <div class="gutter">
        <span>
          Whole recording <span class="soft number">{length}</span>
          <Progress pictures={pictures} shown={shown.value} />
        </span>
      </div>
      <div ref={place} class="frame">
        <Plot height={HEIGHT} summary={`The whole recording, ${length}, ${stretch}`} draw={draw} />
        <CursorLines whole />
        <Brush place={place} />
      </div>
    </div>
  );
}

/** Overviews of long recordings are drawn part by part: says how far that is. */
function Progress({ pictures, shown }: { pictures: Pictures; shown: readonly Tile[] }) {
  const tiles = pictures.tiles.value;
  if (tiles === null || shown.length === 0) return null;
  const problem = shown.map((tile) => tiles.problem(tile)).find((each) => each !== null);
  const failed = shown.filter((tile) => tiles.share(tile) === 0 && tiles.problem(tile)?.retryAfterS === null);
  if (problem != null && failed.length > 0)
    return (
      <span class="overview-problem" title={problem.detail}>
        <br />
        Not all could be drawn{" "}
        <button type="button" class="small" onClick={() => failed.forEach((tile) => tiles.retry(tile))}>
          Try again
        </button>
      </span>
    );
  const share = shown.reduce((sum, tile) => sum + tiles.share(tile), 0) / shown.length;
  if (share >= 1) return null;
  return (
    <span class="soft" role="status">
      <br />
      Drawing … {Math.floor(100 * share)} %
    </span>
  );
}

function drawOverview(model: RecordingModel, pictures: Pictures, say: (shown: readonly Tile[]) => void) {
  return (context: CanvasRenderingContext2D, size: Size): void => {
    const [about, tiles] = [model.spectrogram.value, pictures.tiles.value];
    context.fillStyle = ground();
    context.fillRect(0, 0, size.width, size.height);
    const scale = timeScale(0, model.duration_s.value, size.width);
    if (about !== null && tiles !== null) {
      const shown = drawTiles(context, size, { about, tiles, look: pictures.look.value, scale, top: 0, bottom: 1 });
      tiles.want("overview", { shown, soon: [] });
      queueMicrotask(() => say(shown));
    }
    drawLost(context, size, scale, model);
  };
}
