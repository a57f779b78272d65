import "./pictures.css";

import { useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";

import { useShortcuts } from "../../../app/shortcuts";
import { Plot } from "../../../drawing/Plot";
import { useModel, type RecordingModel } from "../model";
import { CursorLines } from "./CursorLines";
import { drawSpectrogram } from "./draw_spectrogram";
import { FrequencyGutter } from "./FrequencyGutter";
import { NoPicture } from "./NoPicture";
import { usePictures } from "./pictures";
import { inWords } from "./summary";
import { TileProblems } from "./TileProblems";
import type { Tile } from "../../../spectrogram/tile_grid";
import { useTimeGestures } from "./time_gestures";
import { Toolbar } from "./Toolbar";

/** One pixel for each row of the service's pictures. */
const HEIGHT = 256;

/** The spectrogram of the visible stretch, put together of the service's tiles. */
export function SpectrogramView() {
  const model = useModel();
  const pictures = usePictures(model);
  const place = useRef<HTMLDivElement>(null);
  const pointerY = useSignal<number | null>(null);
  const shown = useSignal<readonly Tile[]>([]);
  const draw = useMemo(() => drawSpectrogram(model, pictures, (tiles) => (shown.value = tiles)), [model, pictures]);
  useTimeGestures(place, model, {
    wheelZooms: true,
    point: (time_s, y) => (pointerY.value = time_s === null ? null : y),
  });
  useShortcuts(useMemo(() => keysOf(model), [model]));
  const isWhole = shown.value.length > 0 && shown.value.every((tile) => pictures.tiles.value?.share(tile) === 1);
  if (model.recording.value.audio_removed_at !== null) return <NoPicture pictures={pictures} />;
  return (
    <>
      <div class="row spectrogram">
        <FrequencyGutter height={HEIGHT} />
        <div ref={place} class="frame picture" aria-busy={!isWhole}>
          <Plot height={HEIGHT} summary={inWords(model)} draw={draw} />
          <CursorLines />
          <TileProblems shown={shown} pictures={pictures} />
          {model.spectrogram.value === null && <NoPicture pictures={pictures} />}
        </div>
      </div>
      <Toolbar pictures={pictures} isWhole={isWhole} pointerY={pointerY} height={HEIGHT} />
    </>
  );
}

const NEARER = 0.5;

function keysOf(model: RecordingModel) {
  const nearer = { does: "Zoom in", run: () => model.zoom(NEARER) };
  return [
    { key: "=", ...nearer },
    { key: "+", ...nearer },
    { key: "-", does: "Zoom out", run: () => model.zoom(1 / NEARER) },
    { key: "0", does: "Show the whole recording", run: () => model.show(0, model.duration_s.value) },
  ];
}
