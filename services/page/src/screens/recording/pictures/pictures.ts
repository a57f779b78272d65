/** The pictures of the recording that is looked at: loading, contrast and colors, shared by overview and spectrogram. */
import { computed, effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson, withQuery } from "../../../api/client";
import { Problem } from "../../../api/problems";
import type { Spectrogram } from "../../../api/types";
import type { RecordingModel } from "../model";
import { lookOf } from "../../../spectrogram/look";
import type { Look } from "../../../spectrogram/tile_picture";
import { TileStore } from "../../../spectrogram/tile_store";

const UNREACHABLE_AGAIN_S = 3;
/** What remains of the range between quiet and loud when both ends are moved towards each other. */
export const LEAST_RANGE_DB = 6;

export class Pictures {
  readonly tiles = signal<TileStore | null>(null);
  /** Why there are none; null: they are there, or on their way. */
  readonly problem = signal<Problem | null>(null);
  /** From which level sounds are seen, and where they are darkest: as set by hand, else as the service measured. */
  readonly contrast_db = computed<readonly [number, number]>(() => {
    const measured = this.model.spectrogram.value?.contrast;
    return this.model.contrast_db.value ?? [measured?.low_db ?? -100, measured?.high_db ?? 0];
  });
  readonly look = computed<Look>(() => lookOf(this.model.spectrogram.value, this.contrast_db.value));
  private users = 0;
  private end: (() => void) | null = null;
  private timer = 0;

  constructor(private readonly model: RecordingModel) {}

  /** Load them while somebody shows them; the returned function says that one does no more. */
  open(): () => void {
    this.users += 1;
    if (this.users === 1) this.end = this.follow();
    return () => {
      this.users -= 1;
      if (this.users === 0) this.end?.();
    };
  }

  /** Ask again after something went wrong. */
  retry(): void {
    this.end?.();
    this.end = this.follow();
  }

  /** Load them, and again when another channel or recording is to be shown. */
  private follow(): () => void {
    const { recording, channel, analysis } = this.model;
    const address = computed(() => {
      if (recording.value.audio_removed_at !== null) return null;
      return withQuery(`/v1/recordings/${recording.value.id}/spectrogram`, { channel: channel.value });
    });
    // Which of several channels is shown unless one is asked for depends on what was found.
    const result = computed(() => (recording.value.channels > 1 ? (analysis.value?.result ?? null) : null));
    let abort = new AbortController();
    const stop = effect(() => {
      const [next] = [address.value, result.value];
      abort.abort();
      clearTimeout(this.timer);
      abort = new AbortController();
      if (next !== null) void this.load(next, abort.signal);
      else this.show(null);
    });
    return () => {
      stop();
      abort.abort();
      clearTimeout(this.timer);
      this.show(null);
    };
  }

  private async load(address: string, abort: AbortSignal): Promise<void> {
    try {
      const about = await fetchJson<Spectrogram>(address, { signal: abort });
      if (!abort.aborted) this.show(about);
    } catch (error) {
      if (abort.aborted) return;
      this.problem.value =
        error instanceof Problem ? error : new Problem("", 0, "The pictures of this recording cannot be shown.");
      const again_s = this.problem.value.isUnreachable ? UNREACHABLE_AGAIN_S : this.problem.value.retryAfterS;
      if (again_s !== null) this.timer = window.setTimeout(() => void this.load(address, abort), 1000 * again_s);
    }
  }

  private show(about: Spectrogram | null): void {
    this.problem.value = null;
    if (about !== null && about.links.tile === this.model.spectrogram.peek()?.links.tile) return;
    this.tiles.peek()?.close();
    this.tiles.value = about === null ? null : new TileStore(about);
    this.model.spectrogram.value = about;
  }
}

const known = new WeakMap<RecordingModel, Pictures>();

/** The pictures of a model; they are loaded while a component that uses this is shown. */
export function usePictures(model: RecordingModel): Pictures {
  let pictures = known.get(model);
  if (pictures === undefined) known.set(model, (pictures = new Pictures(model)));
  useEffect(() => pictures.open(), [pictures]);
  return pictures;
}
