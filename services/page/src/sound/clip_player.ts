/** Plays a stretch of a recording, clip by clip, without a gap between them. */
import { signal } from "@preact/signals";

import { firstClip, isWhole, nextClip, serves, type Piece, type Stretch } from "./clips";
import { Deck } from "./deck";
import { explainFailure, LOADING, NEEDS_CLICK, NO_OUTPUT, SLOW, UNPLAYABLE } from "./failures";
import { refuseFormat } from "./formats";
import { SoundGraph, type Settings } from "./sound_graph";

/** The next clip starts this long before the end of the last, as it is heard: starting takes some milliseconds. */
const HAND_OVER_S = 0.3;
const FADE_S = 0.06;
const MOST_TRIES = 5;
/** Shorter waits are not worth a word: it would flicker. */
const UNNOTICED_MS = 300;
const PATIENCE_MS = 8000;

export type PlayState = "stopped" | "loading" | "playing";

export class ClipPlayer {
  readonly state = signal<PlayState>("stopped");
  /** Why it is silent, and what to do; null: there is nothing to say. */
  readonly words = signal<string | null>(null);
  private graph: SoundGraph | null = null;
  private piece: Piece | null = null;
  private current: Deck | null = null;
  private next: Deck | null = null;
  /** Clips that are wanted soon, loaded or on their way. */
  private ready: Deck[] = [];
  private tries = 0;
  /** The address of a clip that failed although the service has it: it may have been away, and is back. */
  private doubted = "";
  private timer = 0;
  private frame = 0;

  /** `place` is where the audio element lies; `onMove` is told the position on each frame while it plays. */
  constructor(
    private readonly place: HTMLElement,
    private readonly onMove: (position_s: number) => void,
    private settings: Settings,
  ) {}

  /** Play from a position. Call it in answer to a key or a click, or browsers keep it silent. */
  play(piece: Piece, from_s: number): void {
    this.graph ??= new SoundGraph(new AudioContext(), this.settings);
    void this.graph.context.resume();
    this.tries = 0;
    this.begin(piece, from_s);
  }

  /** Load the clips with which these pieces begin, so that they are heard at once; what is not named is given up. */
  prepare(pieces: readonly Piece[]): void {
    const begins = (deck: Deck, piece: Piece) => serves(deck.piece, deck.clip, piece, piece.stretch.start_s);
    const kept = this.ready.filter((deck) => pieces.some((piece) => begins(deck, piece)));
    for (const deck of this.ready) if (!kept.includes(deck)) deck.close();
    const missing = pieces.filter((piece) => !kept.some((deck) => begins(deck, piece)));
    this.ready = [...kept, ...missing.map((piece) => this.makeDeck(piece, firstClip(piece, piece.stretch.start_s)))];
  }

  /** Fall silent and stay where it is; say why where it was not asked for. */
  pause(words: string | null = null): void {
    this.words.value = words;
    this.state.value = "stopped";
    this.current?.element.pause();
    this.next?.element.pause();
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
  }

  set(settings: Settings): void {
    this.settings = settings;
    this.graph?.set(settings);
  }

  close(): void {
    this.pause();
    this.current?.close();
    this.next?.close();
    this.prepare([]);
    void this.graph?.context.close();
  }

  private begin(piece: Piece, from_s: number): void {
    this.piece = piece;
    this.next?.close();
    this.next = null;
    if (this.current === null || !serves(this.current.piece, this.current.clip, piece, from_s)) {
      this.current?.close();
      this.current = this.takeReady(piece, from_s) ?? this.makeDeck(piece, firstClip(piece, from_s));
      this.place.append(this.current.element);
    }
    this.current.position_s = from_s;
    this.wait();
    this.start(this.current);
  }

  private takeReady(piece: Piece, from_s: number): Deck | null {
    const found = this.ready.find((deck) => serves(deck.piece, deck.clip, piece, from_s));
    if (found === undefined) return null;
    this.ready = this.ready.filter((deck) => deck !== found);
    // What failed while nobody waited for it is asked for anew.
    if (found.element.error === null) return this.hear(found);
    found.close();
    return null;
  }

  /** Sound goes through the graph once there is one: before somebody pressed a key there is none. */
  private hear(deck: Deck): Deck {
    if (this.graph !== null) deck.fader ??= this.graph.connect(deck.element);
    return deck;
  }

  private makeDeck(piece: Piece, clip: Stretch): Deck {
    const deck = this.hear(new Deck(piece, clip));
    const on = (name: string, run: () => void) =>
      deck.element.addEventListener(name, () => {
        if (deck === this.current && this.state.value !== "stopped") run();
      });
    on("playing", () => this.follow());
    on("waiting", () => this.wait());
    on("timeupdate", () => this.look());
    on("ended", () => this.goOn());
    on("error", () => void this.recover(deck));
    // By the keys of a headset, say: they pause the element itself. So do the end and a failure. Told late, it may play again.
    on("pause", () => {
      const { paused, ended, error } = deck.element;
      if (paused && !ended && error === null) this.pause();
    });
    return deck;
  }

  private start(deck: Deck): void {
    const { piece } = this;
    deck.element.loop = piece !== null && piece.loops && isWhole(piece, deck.clip);
    deck.element.play().catch((error: unknown) => {
      // AbortError: it was paused or moved on meanwhile. What cannot be loaded tells it by the event `error`.
      if (error instanceof DOMException && error.name === "NotAllowedError") this.pause(NEEDS_CLICK);
    });
  }

  private wait(): void {
    this.state.value = "loading";
    this.words.value = null;
    clearTimeout(this.timer);
    const lose = () => {
      if (this.graph?.context.state === "running") this.words.value = SLOW;
      else this.pause(NO_OUTPUT);
    };
    this.timer = window.setTimeout(() => {
      this.words.value = LOADING;
      this.timer = window.setTimeout(lose, PATIENCE_MS);
    }, UNNOTICED_MS);
  }

  /** It is heard: keep telling where it is, and fetch what comes next. */
  private follow(): void {
    clearTimeout(this.timer);
    this.tries = 0;
    this.doubted = "";
    this.state.value = "playing";
    this.words.value = null;
    const [deck, piece] = [this.current, this.piece];
    const clip = deck === null || piece === null ? null : nextClip(piece, deck.clip);
    if (piece !== null && clip !== null && this.next === null) this.next = this.makeDeck(piece, clip);
    cancelAnimationFrame(this.frame);
    const tick = () => {
      this.look();
      this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  private look(): void {
    const { current, next } = this;
    if (current === null) return;
    // After a jump within what is loaded, not every browser says that it plays again.
    if (this.state.value === "loading" && current.isHeard) this.follow();
    if (this.state.value !== "playing") return;
    this.onMove(current.position_s);
    if (next === null || current.rest_s > HAND_OVER_S || !next.element.paused || next.element.readyState < 3) return;
    if (next.clip.start_s > current.clip.start_s) next.position_s = current.position_s;
    next.fade(0, 0);
    next.element.addEventListener("playing", () => this.handOver(current, next), { once: true });
    this.start(next);
  }

  private handOver(former: Deck, next: Deck): void {
    if (this.next !== next) return;
    next.fade(1, FADE_S);
    former.fade(0, FADE_S);
    setTimeout(() => former.close(), FADE_S * 2000);
    this.current = next;
    this.next = null;
    this.place.append(next.element);
    this.follow();
  }

  /** The clip is over. Where the next one was not there in time, it begins as soon as it is. */
  private goOn(): void {
    const { current, next, piece } = this;
    if (current === null || piece === null) return;
    if (next !== null && !next.element.paused) return;
    const clip = nextClip(piece, current.clip);
    if (clip === null) {
      this.onMove(current.clip.end_s);
      this.pause();
      return;
    }
    this.current = next ?? this.makeDeck(piece, clip);
    this.next = null;
    current.close();
    this.place.append(this.current.element);
    this.current.position_s = clip.start_s > current.clip.start_s ? current.clip.end_s : clip.start_s;
    this.wait();
    this.start(this.current);
    if (this.current.element.error !== null) void this.recover(this.current);
  }

  private async recover(deck: Deck): Promise<void> {
    clearTimeout(this.timer);
    const { piece } = this;
    const at_s = Math.max(deck.put_s, deck.position_s);
    const failure = await explainFailure(deck.address);
    if (deck !== this.current || piece === null || this.state.value === "stopped") return;
    const isHopeless = failure === null ? !this.mayPlay(deck) : failure.retryAfterS === null;
    this.current = null;
    deck.close();
    if (isHopeless || ++this.tries > MOST_TRIES) {
      this.pause(failure?.words ?? UNPLAYABLE);
      return;
    }
    this.words.value = failure?.words ?? null;
    this.timer = window.setTimeout(() => this.begin(piece, at_s), (failure?.retryAfterS ?? 0) * 1000);
  }

  /** Return whether to try a clip again, which the service has: the same once more, then in another format. */
  private mayPlay(deck: Deck): boolean {
    if (this.doubted === deck.address) return refuseFormat(deck.format);
    this.doubted = deck.address;
    return true;
  }
}
