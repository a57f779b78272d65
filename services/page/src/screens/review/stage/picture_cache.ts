/** The pictures of the recordings whose events are looked at, and of those that come next; others are given up. */
import { signal, type Signal } from "@preact/signals";

import { fetchJson, withQuery } from "../../../api/client";
import { asProblem, type Problem } from "../../../api/problems";
import type { Spectrogram } from "../../../api/types";
import { TileStore } from "../../../spectrogram/tile_store";
import type { QueuedEvent } from "../types";

/** An event takes two or three, and whoever goes back sees the last ones again. */
const MOST_TILES = 12;
const AGAIN_S = 3;

export interface Pictures {
  /** null: on its way, or there is a problem. */
  readonly about: Signal<Spectrogram | null>;
  readonly problem: Signal<Problem | null>;
  tiles: TileStore | null;
}

interface Entry extends Pictures {
  abort: AbortController;
}

export class PictureCache {
  private readonly entries = new Map<string, Entry>();

  /** Return the pictures of an event's recording; they are fetched if they are not here. */
  of(event: QueuedEvent): Pictures {
    const key = keyOf(event);
    const found = this.entries.get(key);
    if (found !== undefined) return found;
    const entry: Entry = { about: signal(null), problem: signal(null), tiles: null, abort: new AbortController() };
    this.entries.set(key, entry);
    void load(event, entry);
    return entry;
  }

  /** All that are here. */
  all(): Pictures[] {
    return [...this.entries.values()];
  }

  /** Ask again after something went wrong. */
  retry(event: QueuedEvent): void {
    const found = this.entries.get(keyOf(event));
    if (found !== undefined) void load(event, found);
  }

  /** Give up all but those of these events. */
  keep(events: readonly QueuedEvent[]): void {
    const keys = new Set(events.map(keyOf));
    for (const [key, entry] of this.entries) {
      if (keys.has(key)) continue;
      entry.abort.abort();
      entry.tiles?.close();
      this.entries.delete(key);
    }
  }
}

function keyOf({ recording_id, channel }: QueuedEvent): string {
  return `${recording_id} ${channel ?? ""}`;
}

async function load(event: QueuedEvent, entry: Entry): Promise<void> {
  const { signal } = entry.abort;
  entry.problem.value = null;
  try {
    const path = withQuery(`/v1/recordings/${event.recording_id}/spectrogram`, { channel: event.channel });
    const about = await fetchJson<Spectrogram>(path, { signal });
    if (signal.aborted) return;
    entry.tiles = new TileStore(about, MOST_TILES);
    entry.about.value = about;
  } catch (error) {
    if (signal.aborted) return;
    const problem = asProblem(error);
    entry.problem.value = problem;
    const again_s = problem.retryAfterS ?? (problem.isUnreachable ? AGAIN_S : null);
    if (again_s !== null) setTimeout(() => signal.aborted || void load(event, entry), again_s * 1000);
  }
}
