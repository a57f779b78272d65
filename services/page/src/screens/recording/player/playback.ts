/** What is played of the recording that is shown, and how the views follow it. */
import { effect, signal, untracked, type ReadonlySignal } from "@preact/signals";

import { gainDb, highPassHz, isLooping } from "../../../app/preferences";
import { ClipPlayer } from "../../../sound/clip_player";
import type { Piece, Slowness, Stretch } from "../../../sound/clips";
import { sharesTime } from "../events/event_order";
import type { RecordingModel, SungEvent } from "../model";

/** An event is heard with so much before and after it. */
export const AROUND_S = 2;
/** A position so near to the end of a stretch is its end: playing begins anew. */
const END_S = 0.05;

export class Playback {
  readonly slow = signal<Slowness>(1);
  /** Whether the event that is looked at is played, rather than what follows the cursor. */
  readonly isForEvent: ReadonlySignal<boolean>;
  private readonly forEvent = signal(false);
  private readonly player: ClipPlayer;
  private readonly stops: (() => void)[];
  /** Where the cursor was put by playing: any other place was chosen by somebody. */
  private played_s: number | null = null;
  private began_s = 0;
  private chosen: SungEvent | null = null;

  constructor(
    private readonly model: RecordingModel,
    place: HTMLElement,
  ) {
    this.isForEvent = this.forEvent;
    this.player = new ClipPlayer(place, (position_s) => this.move(position_s), settings(1));
    this.stops = [
      effect(() => this.player.set(settings(this.slow.value))),
      onChange(model.selected, (event) => this.choose(event)),
      onChange(model.cursor_s, (cursor_s) => this.followCursor(cursor_s)),
      onChange(isLooping, () => this.again()),
      onChange(this.slow, () => this.again()),
      onChange(model.channel, () => this.again()),
    ];
    this.chosen = model.selected.peek();
    this.forEvent.value = this.chosen !== null;
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
    if (this.player.state.peek() === "stopped") this.play(this.resumeAt());
    else this.player.pause();
  }

  /** Once more from the beginning: of the event, or of what was played last. */
  replay(): void {
    this.play(this.forEvent.peek() ? this.stretch(0).start_s : this.began_s);
  }

  /** Move by some seconds; plays on from there if it plays. */
  step(seconds: number): void {
    const { model } = this;
    const from_s = model.cursor_s.peek() ?? model.start_s.peek();
    const to_s = Math.min(model.duration_s.peek(), Math.max(0, from_s + seconds));
    model.cursor_s.value = to_s;
    model.reveal(to_s, to_s);
  }

  private play(from_s: number): void {
    const stretch = this.stretch(from_s);
    const at_s = from_s < stretch.start_s || from_s >= stretch.end_s - END_S ? stretch.start_s : from_s;
    if (from_s !== this.played_s) this.began_s = at_s;
    this.move(at_s);
    this.player.play(this.piece(stretch), at_s);
  }

  private piece(stretch: Stretch): Piece {
    const { model } = this;
    const channel = model.channel.peek() ?? model.spectrogram.peek()?.channel ?? null;
    const recordingId = model.recording.peek().id;
    return { recordingId, stretch, slow: this.slow.peek(), channel, loops: isLooping.peek() };
  }

  /** Return what is played: the event with what is around it; else what is shown, in a loop, or all that follows. */
  private stretch(from_s: number): Stretch {
    const { model } = this;
    const [event, end_s] = [model.selected.peek(), model.duration_s.peek()];
    if (this.forEvent.peek() && event !== null) {
      return { start_s: Math.max(0, event.onset_s - AROUND_S), end_s: Math.min(end_s, event.offset_s + AROUND_S) };
    }
    const shown_s = model.start_s.peek();
    if (isLooping.peek()) return { start_s: shown_s, end_s: shown_s + model.span_s.peek() };
    return { start_s: from_s, end_s };
  }

  private resumeAt(): number {
    const { model } = this;
    const cursor_s = model.cursor_s.peek();
    const isWhereItStopped = cursor_s !== null && cursor_s === this.played_s;
    if (this.forEvent.peek() && !isWhereItStopped) return this.stretch(0).start_s;
    if (cursor_s === null) return model.start_s.peek();
    return cursor_s >= model.duration_s.peek() - END_S ? this.began_s : cursor_s;
  }

  private choose(event: SungEvent | null): void {
    const before = this.chosen;
    this.chosen = event;
    // Another threshold makes other events of it: that one is still the same does not begin it anew.
    const isSame = event !== null && before !== null && sharesTime(event, before);
    if (isSame) return;
    this.forEvent.value = event !== null;
    this.played_s = null;
    if (event !== null && this.player.state.peek() !== "stopped") this.play(this.stretch(0).start_s);
  }

  /** Somebody put the cursor elsewhere: within the event it is played on, elsewhere what follows the cursor is. */
  private followCursor(cursor_s: number | null): void {
    const event = this.model.selected.peek();
    if (cursor_s === null || cursor_s === this.played_s || cursor_s === event?.onset_s) return;
    if (this.forEvent.peek() && isInside(cursor_s, this.stretch(0))) this.played_s = cursor_s;
    else this.forEvent.value = false;
    if (this.player.state.peek() !== "stopped") this.play(cursor_s);
  }

  /** Something about how it is played has changed. */
  private again(): void {
    if (this.player.state.peek() !== "stopped") this.play(this.model.cursor_s.peek() ?? 0);
  }

  /** The sound has come to a position: the cursor goes there, and turns the page where it leaves what is shown. */
  private move(position_s: number): void {
    const { model } = this;
    const [start_s, span_s] = [model.start_s.peek(), model.span_s.peek()];
    const wasShown = isInside(model.cursor_s.peek(), { start_s, end_s: start_s + span_s });
    this.played_s = position_s;
    model.cursor_s.value = position_s;
    if (wasShown && !isInside(position_s, { start_s, end_s: start_s + span_s })) {
      model.show(position_s - span_s / 20, span_s);
    }
  }
}

function isInside(position_s: number | null, { start_s, end_s }: Stretch): boolean {
  return position_s !== null && position_s >= start_s && position_s <= end_s;
}

/** Frequencies are the recording's: slowed down, all of them lie lower. */
function settings(slow: Slowness) {
  return { gainDb: gainDb.value, highPassHz: highPassHz.value / slow };
}

/** Run it for each new value, not for the first. */
function onChange<T>(source: ReadonlySignal<T>, run: (value: T) => void): () => void {
  let isFirst = true;
  return effect(() => {
    const { value } = source;
    if (!isFirst) untracked(() => run(value));
    isFirst = false;
  });
}
