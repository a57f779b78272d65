import type { Size } from "../../../drawing/Plot";
import { timeScale } from "../../../drawing/time_scale";
import type { RecordingModel } from "../model";
import { drawTiles, ground, tilesSoon } from "../../../spectrogram/draw_tiles";
import { drawEvents, drawLost } from "./marks";
import type { Pictures } from "./pictures";
import { keyOf, type Tile } from "../../../spectrogram/tile_grid";

/** Return what draws the visible stretch, asks for the tiles that it lacks, and says which ones it shows. */
export function drawSpectrogram(model: RecordingModel, pictures: Pictures, say: (shown: readonly Tile[]) => void) {
  let said = "";
  return (context: CanvasRenderingContext2D, size: Size): void => {
    const [about, tiles] = [model.spectrogram.value, pictures.tiles.value];
    context.fillStyle = ground();
    context.fillRect(0, 0, size.width, size.height);
    const scale = timeScale(model.start_s.value, model.span_s.value, size.width);
    if (about !== null && tiles !== null) {
      const [low_hz, high_hz] = model.band_hz.value ?? [about.min_hz, about.max_hz];
      const share = (hz: number) => 1 - (hz - about.min_hz) / (about.max_hz - about.min_hz);
      const view = { about, tiles, look: pictures.look.value, scale, top: share(high_hz), bottom: share(low_hz) };
      const shown = drawTiles(context, size, view);
      tiles.want("spectrogram", { shown: fromMiddle(shown), soon: tilesSoon(size, view, shown) });
      const now = shown.map(keyOf).join();
      if (now !== said) queueMicrotask(() => say(shown));
      said = now;
    }
    drawLost(context, size, scale, model);
    drawEvents(context, size, scale, model);
  };
}

/** What is in the middle is looked at first. */
function fromMiddle(tiles: readonly Tile[]): Tile[] {
  const middle = ((tiles[0]?.index ?? 0) + (tiles.at(-1)?.index ?? 0)) / 2;
  return [...tiles].sort((a, b) => Math.abs(a.index - middle) - Math.abs(b.index - middle));
}
