/** One clip in an `<audio>` element. */
import { clipAddress, type ClipFormat, type Piece, type Stretch } from "./clips";
import { formatFor } from "./formats";

export class Deck {
  readonly element = new Audio();
  readonly format: ClipFormat;
  readonly address: string;
  /** Its loudness beside the clip before it. */
  fader: GainNode | null = null;
  /** Where it was last put: an element that failed does not remember. */
  put_s: number;

  constructor(
    readonly piece: Piece,
    readonly clip: Stretch,
  ) {
    this.format = formatFor(clip);
    this.address = clipAddress(piece, clip, this.format);
    this.put_s = clip.start_s;
    this.element.preload = "auto";
    this.element.src = this.address;
  }

  /** Where in the recording it is, in seconds. */
  get position_s(): number {
    return Math.min(this.clip.end_s, this.clip.start_s + this.element.currentTime / this.piece.slow);
  }

  set position_s(position_s: number) {
    this.put_s = position_s;
    const time = Math.max(0, position_s - this.clip.start_s) * this.piece.slow;
    if (Math.abs(this.element.currentTime - time) > 0.01) this.element.currentTime = time;
  }

  /** How long it still plays, in seconds of the listener. */
  get rest_s(): number {
    return (this.clip.end_s - this.position_s) * this.piece.slow;
  }

  get isHeard(): boolean {
    const { paused, seeking, readyState } = this.element;
    return !paused && !seeking && readyState >= HTMLMediaElement.HAVE_FUTURE_DATA;
  }

  /** Make it louder or softer, to a share of its own loudness. */
  fade(share: number, duration_s: number): void {
    if (this.fader === null) return;
    const { gain, context } = this.fader;
    gain.cancelScheduledValues(context.currentTime);
    gain.setValueAtTime(gain.value, context.currentTime);
    gain.linearRampToValueAtTime(share, context.currentTime + duration_s);
  }

  close(): void {
    this.element.pause();
    this.fader?.disconnect();
    this.element.removeAttribute("src");
    this.element.load();
    this.element.remove();
  }
}
