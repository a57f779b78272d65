/** Plays the event that is looked at, once by itself, and has the sound of the next ones ready. */
import { effect, signal, untracked } from "@preact/signals";

import { gainDb, highPassHz, isLooping } from "../../../app/preferences";
import { ClipPlayer } from "../../../sound/clip_player";
import type { Piece, Slowness } from "../../../sound/clips";
import type { ReviewLoop } from "../loop/review_loop";
import type { QueuedEvent } from "../types";
import type { PictureCache } from "./picture_cache";
import { stretchOf } from "./stretch";

/** So near to the end, playing begins anew. */
const END_S = 0.05;
export const PRESS_SPACE =
  "The browser lets sound begin only after a click or a key. Press Space; the next events play by themselves.";

export class EventPlayer {
  /** Where the sound is, in seconds of the recording. */
  readonly cursor_s = signal(0);
  readonly slow = signal<Slowness>(1);
  private readonly player: ClipPlayer;
  private readonly stops: (() => void)[];
  private event: QueuedEvent | null = null;

  constructor(
    private readonly loop: ReviewLoop,
    private readonly cache: PictureCache,
    place: HTMLElement,
  ) {
    this.player = new ClipPlayer(place, (position_s) => (this.cursor_s.value = position_s), settings(1));
    this.stops = [
      effect(() => this.player.set(settings(this.slow.value))),
      effect(() => this.show(this.loop.current.value)),
      effect(() => {
        // What is heard now must not wait for what is heard next.
        if (this.player.state.value === "loading") return;
        const pieces = this.loop.ahead.value.map((each) => this.pieceOf(each));
        untracked(() => this.player.prepare(pieces));
      }),
      effect(() => {
        // Read here, for what is played then is made of them.
        if ([isLooping.value, this.slow.value].length > 0) untracked(() => this.again());
      }),
    ];
  }

  get state() {
    return this.player.state;
  }

  get words() {
    return this.player.words;
  }

  close(): void {
    for (const stop of this.stops) stop();
    this.player.close();
  }

  toggle(): void {
    if (this.player.state.peek() !== "stopped") this.player.pause();
    else this.playFrom(this.cursor_s.peek());
  }

  /** Once more from the beginning. */
  replay(): void {
    if (this.event !== null) this.playFrom(stretchOf(this.event).start_s);
  }

  /** Move by some seconds, and play from there. */
  step(seconds: number): void {
    this.playFrom(this.cursor_s.peek() + seconds);
  }

  playFrom(position_s: number): void {
    const { event } = this;
    if (event === null) return;
    const { start_s, end_s } = stretchOf(event);
    const at_s = position_s < start_s || position_s >= end_s - END_S ? start_s : position_s;
    this.cursor_s.value = at_s;
    this.player.play(
      untracked(() => this.pieceOf(event)),
      at_s,
    );
  }

  private show(event: QueuedEvent | null): void {
    if (event === this.event) return;
    this.event = event;
    untracked(() => {
      if (event === null) {
        this.player.pause();
        return;
      }
      this.cursor_s.value = stretchOf(event).start_s;
      if (mayPlay()) this.replay();
      else this.player.pause(PRESS_SPACE);
    });
  }

  /** Something about how it is played has changed. */
  private again(): void {
    if (this.player.state.peek() !== "stopped") this.playFrom(this.cursor_s.peek());
  }

  private pieceOf(event: QueuedEvent): Piece {
    const channel = event.channel ?? (event.channels > 1 ? (this.cache.of(event).about.value?.channel ?? null) : null);
    const { recording_id: recordingId } = event;
    return { recordingId, stretch: stretchOf(event), slow: this.slow.value, channel, loops: isLooping.value };
  }
}

/** Before somebody pressed a key or clicked, browsers keep a page silent. */
function mayPlay(): boolean {
  return (navigator as { userActivation?: UserActivation }).userActivation?.hasBeenActive !== false;
}

/** Frequencies are the recording's: slowed down, all of them lie lower. */
function settings(slow: Slowness) {
  return { gainDb: gainDb.value, highPassHz: highPassHz.value / slow };
}
