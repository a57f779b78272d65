/** Draws the event with what is around it, and has the pictures of the next ones fetched. */
import { signal } from "@preact/signals";

import type { Spectrogram } from "../../../api/types";
import { kept } from "../../../app/preferences";
import type { Size } from "../../../drawing/Plot";
import { pixelRatio } from "../../../drawing/pixel_ratio";
import { timeScale } from "../../../drawing/time_scale";
import { drawTiles, ground } from "../../../spectrogram/draw_tiles";
import { drawLabel, outline } from "../../../spectrogram/event_box";
import { lookOf } from "../../../spectrogram/look";
import { levelFor, tilesOf, type Tile } from "../../../spectrogram/tile_grid";
import type { QueuedEvent } from "../types";
import type { ReviewLoop } from "../loop/review_loop";
import { nameOf } from "../loop/words";
import type { PictureCache } from "./picture_cache";
import { stretchOf } from "./stretch";

/** Up to which frequency one looks; 0: all. Most birds sing below 12 kHz. */
export const highestHz = kept<number>("review-up-to", 12_000, [4000, 8000, 12_000, 0]);
/** Recordings with more are made for bats: all of it is looked at. */
const BATS_FROM_HZ = 48_000;

/** Return the lowest and highest frequency that are shown. */
export function bandOf(about: Spectrogram): [number, number] {
  const most = highestHz.value;
  const isAll = most === 0 || about.max_hz >= BATS_FROM_HZ || about.max_hz <= most;
  return [about.min_hz, isAll ? about.max_hz : most];
}

export class StagePainter {
  /** Tiles that are shown. */
  readonly shown = signal<readonly Tile[]>([]);
  /** Whether all of them are there. */
  readonly isWhole = signal(false);
  private said = "";
  /** The one that is looked at, and the one before it: whoever goes back sees it at once. */
  private lookedAt: QueuedEvent[] = [];

  constructor(
    private readonly loop: ReviewLoop,
    private readonly cache: PictureCache,
  ) {}

  /** Signals that it reads have it called again. */
  readonly draw = (context: CanvasRenderingContext2D, size: Size): void => {
    context.fillStyle = ground();
    context.fillRect(0, 0, size.width, size.height);
    const [event, ahead] = [this.loop.current.value, this.loop.ahead.value];
    if (event === null) return;
    if (this.lookedAt[0] !== event) this.lookedAt = [event, ...this.lookedAt.slice(0, 1)];
    this.cache.keep([...this.lookedAt, ...ahead]);
    const { start_s, end_s } = stretchOf(event);
    const scale = timeScale(start_s, end_s - start_s, size.width);
    const pictures = this.cache.of(event);
    const about = pictures.about.value;
    let shown: Tile[] = [];
    if (about !== null && pictures.tiles !== null) {
      const share = (hz: number) => 1 - (hz - about.min_hz) / (about.max_hz - about.min_hz);
      const [low_hz, high_hz] = bandOf(about);
      const look = lookOf(about, [about.contrast.low_db, about.contrast.high_db]);
      const view = { about, tiles: pictures.tiles, look, scale, top: share(high_hz), bottom: share(low_hz) };
      shown = drawTiles(context, size, view);
    }
    const isWhole = shown.length > 0 && shown.every((tile) => pictures.tiles?.share(tile) === 1);
    this.want(event, shown, isWhole ? ahead : [], size.width);
    this.say(shown, isWhole);
    outline(context, size, scale, event, "selection", 2);
    drawLabel(context, size, scale, event, `${nameOf(event)} ${event.confidence.toFixed(2)}`);
  };

  /** What is looked at is fetched first; then that of the next ones. */
  private want(event: QueuedEvent, shown: Tile[], ahead: readonly QueuedEvent[], width: number): void {
    const now = this.cache.of(event);
    const next = ahead.map((each) => ({ pictures: this.cache.of(each), stretch: stretchOf(each) }));
    for (const pictures of this.cache.all()) {
      const about = pictures.about.value;
      if (about === null) continue;
      const soon = next
        .filter((each) => each.pictures === pictures)
        .flatMap(({ stretch: { start_s, end_s } }) => {
          const level = levelFor(about.levels, (end_s - start_s) / (width * pixelRatio.value));
          return level === null ? [] : tilesOf(level, start_s, end_s - start_s);
        });
      pictures.tiles?.want("review", { shown: pictures === now ? shown : [], soon });
    }
  }

  private say(shown: readonly Tile[], isWhole: boolean): void {
    const now = `${shown.map(({ span_s, index }) => `${span_s}/${index}`).join()} ${String(isWhole)}`;
    if (now === this.said) return;
    this.said = now;
    queueMicrotask(() => {
      this.shown.value = shown;
      this.isWhole.value = isWhole;
    });
  }
}
