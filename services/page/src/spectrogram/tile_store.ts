/** Fetches tiles, a few at a time and the wanted ones only, and keeps as many as memory should hold. */
import { signal } from "@preact/signals";

import { request } from "../api/client";
import { Problem } from "../api/problems";
import type { Spectrogram } from "../api/types";
import { keyOf, type Tile } from "./tile_grid";
import { readLevels, TilePicture, type Look } from "./tile_picture";

/** Browsers allow six connections to a host: one is the stream of changes, and sound must not wait for pictures. */
const AT_ONCE = 3;
/** Overviews wait at the service while it draws their parts: they may not hold up what is looked at. */
const OVERVIEWS_AT_ONCE = 1;
/** Of 640 kB each, levels and bitmap. */
const MOST_KEPT = 64;
const SETTLE_MS = 40;
const AGAIN_S = 1;
const UNREACHABLE_AGAIN_S = 3;

interface Entry {
  tile: Tile;
  picture: TilePicture | null;
  /** How much of it is drawn, 0 to 1; below 1 it is asked for again. */
  share: number;
  problem: Problem | null;
  /** Not before, in milliseconds of `performance.now`; infinite: only when somebody says so. */
  notBefore: number;
  loading: AbortController | null;
}

/** What a view shows or will show soon, the most urgent first. */
export interface Wanted {
  shown: readonly Tile[];
  soon: readonly Tile[];
}

export class TileStore {
  /** Grows when a picture came or could not be had: whoever asks for one is asked again then. */
  private readonly revision = signal(0);
  private readonly entries = new Map<string, Entry>();
  private readonly wanted = new Map<string, Wanted>();
  private timer = 0;
  private timerAt = Infinity;

  /** `mostKept`: pictures, whatever is not wanted any more. */
  constructor(
    private readonly about: Spectrogram,
    private readonly mostKept = MOST_KEPT,
  ) {}

  /** Say what a view needs: what nobody needs any more is given up. */
  want(view: string, wanted: Wanted): void {
    this.wanted.set(view, wanted);
    this.pumpIn(SETTLE_MS);
  }

  /** Return a tile's picture, if it is here. */
  bitmap(tile: Tile, look: Look): ImageBitmap | null {
    const entry = this.watched(tile);
    if (entry?.picture == null) return null;
    this.entries.delete(keyOf(tile));
    this.entries.set(keyOf(tile), entry);
    return entry.picture.draw(look);
  }

  /** How much of a tile is drawn, 0 to 1. */
  share(tile: Tile): number {
    return this.watched(tile)?.share ?? 0;
  }

  /** Why a tile is not here, where asking for it went wrong. */
  problem(tile: Tile): Problem | null {
    return this.watched(tile)?.problem ?? null;
  }

  /** Ask again for a tile that went wrong. */
  retry(tile: Tile): void {
    const entry = this.entries.get(keyOf(tile));
    if (entry?.loading !== null) return;
    Object.assign(entry, { problem: null, notBefore: 0 });
    this.revision.value += 1;
    this.pumpIn(0);
  }

  /** Give up all requests and all memory. */
  close(): void {
    clearTimeout(this.timer);
    this.wanted.clear();
    for (const entry of this.entries.values()) {
      entry.loading?.abort();
      entry.picture?.close();
    }
    this.entries.clear();
  }

  private watched(tile: Tile): Entry | undefined {
    return this.revision.value >= 0 ? this.entries.get(keyOf(tile)) : undefined;
  }

  private pumpIn(delay_ms: number): void {
    const at = performance.now() + delay_ms;
    if (at >= this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = window.setTimeout(() => {
      this.timerAt = Infinity;
      this.pump();
    }, delay_ms);
  }

  private pump(): void {
    const order = this.inOrder();
    const keys = new Set(order.map(keyOf));
    for (const [key, entry] of this.entries) if (!keys.has(key)) entry.loading?.abort();
    let next = Infinity;
    for (const tile of order) {
      const entry = this.entryOf(tile);
      if (entry.loading !== null || entry.share >= 1) continue;
      const wait_ms = entry.notBefore - performance.now();
      if (wait_ms > 0) next = Math.min(next, wait_ms);
      else if (this.hasRoom(tile)) void this.load(entry);
    }
    if (next < Infinity) this.pumpIn(next);
    this.evict(keys);
  }

  /** All wanted tiles, each once: those that are shown first. */
  private inOrder(): Tile[] {
    const views = [...this.wanted.values()];
    const all = [...views.flatMap((view) => view.shown), ...views.flatMap((view) => view.soon)];
    return [...new Map(all.reverse().map((tile) => [keyOf(tile), tile])).values()].reverse();
  }

  private entryOf(tile: Tile): Entry {
    const found = this.entries.get(keyOf(tile));
    if (found !== undefined) return found;
    const entry: Entry = { tile, picture: null, share: 0, problem: null, notBefore: 0, loading: null };
    this.entries.set(keyOf(tile), entry);
    return entry;
  }

  private hasRoom(tile: Tile): boolean {
    const loading = [...this.entries.values()].filter((entry) => entry.loading !== null);
    const overviews = loading.filter((entry) => this.isOverview(entry.tile)).length;
    return loading.length < AT_ONCE && !(this.isOverview(tile) && overviews >= OVERVIEWS_AT_ONCE);
  }

  private isOverview(tile: Tile): boolean {
    return this.about.levels.find((level) => level.span_s === tile.span_s)?.overview === true;
  }

  private async load(entry: Entry): Promise<void> {
    const abort = (entry.loading = new AbortController());
    try {
      const answer = await request(this.addressOf(entry.tile), { signal: abort.signal });
      const levels = await readLevels(await answer.blob(), this.about.width_px, this.about.height_px);
      if (abort.signal.aborted) return;
      entry.picture?.close();
      entry.picture = new TilePicture(levels, this.about.width_px, this.about.height_px);
      entry.share = Number(answer.headers.get("chorus-drawn-share") ?? "1");
      Object.assign(entry, { problem: null, notBefore: performance.now() + 1000 * AGAIN_S });
    } catch (error) {
      if (!abort.signal.aborted) this.note(entry, error);
    } finally {
      entry.loading = null;
      this.pumpIn(0);
    }
    this.revision.value += 1;
  }

  private note(entry: Entry, error: unknown): void {
    const problem = error instanceof Problem ? error : new Problem("", 0, "This part of the picture cannot be shown.");
    const again_s = problem.isUnreachable ? UNREACHABLE_AGAIN_S : problem.retryAfterS;
    entry.problem = problem;
    entry.notBefore = again_s === null ? Infinity : performance.now() + 1000 * again_s;
  }

  private addressOf(tile: Tile): string {
    const address = (this.about.links.tile ?? "")
      .replace("{span_s}", String(tile.span_s))
      .replace("{index}", String(tile.index));
    return this.isOverview(tile) ? `${address}&partial=true` : address;
  }

  private evict(keys: ReadonlySet<string>): void {
    for (const [key, entry] of this.entries) {
      if (this.entries.size <= this.mostKept) return;
      if (keys.has(key) || entry.loading !== null) continue;
      entry.picture?.close();
      this.entries.delete(key);
    }
  }
}
