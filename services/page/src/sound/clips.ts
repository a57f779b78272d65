/** Which clips of a recording are fetched to play a stretch of it, one after the other. */
import { withQuery } from "../api/client";

/** A part of a recording, in seconds. */
export interface Stretch {
  start_s: number;
  end_s: number;
}

export type ClipFormat = "flac" | "wav" | "opus" | "mp3";
/** How many times slower and lower it is played. */
export type Slowness = 1 | 10;

/** What is played: a stretch of a recording, at a speed, of a channel. */
export interface Piece {
  recordingId: string;
  stretch: Stretch;
  slow: Slowness;
  /** From 1; null: all. */
  channel: number | null;
  loops: boolean;
}

/** Up to this long the service sends FLAC: it costs next to nothing, so the sound begins at once. */
export const FLAC_UP_TO_S = 30;
/** The clips behind the first are Opus, which takes longer to make and less to send: both are done while it plays. */
export const NEXT_S = 120;
/** A clip begins this long before the end of the former, as it is heard: time to fade from one to the other. */
export const OVERLAP_S = 0.5;

/** How long the first clip and the later ones are in the recording. Slowed down, each second lasts ten. */
function lengths(slow: Slowness): [first_s: number, next_s: number] {
  return slow === 1 ? [FLAC_UP_TO_S, NEXT_S] : [FLAC_UP_TO_S / 5, NEXT_S / 10];
}

/** Return the clip with which playing begins at a position: all of a short stretch, so that one can go back in it. */
export function firstClip({ stretch, slow }: Piece, from_s: number): Stretch {
  const [first_s] = lengths(slow);
  if (stretch.end_s - stretch.start_s <= first_s) return stretch;
  return { start_s: from_s, end_s: Math.min(stretch.end_s, from_s + first_s) };
}

/** Return the clip that follows; null where the stretch is over, or is one clip that repeats itself. */
export function nextClip(piece: Piece, clip: Stretch): Stretch | null {
  const { stretch, slow, loops } = piece;
  if (clip.end_s < stretch.end_s) {
    const end_s = Math.min(stretch.end_s, clip.end_s + lengths(slow)[1]);
    return { start_s: clip.end_s - OVERLAP_S / slow, end_s };
  }
  return loops && !isWhole(piece, clip) ? firstClip(piece, stretch.start_s) : null;
}

/** Return whether a clip is the stretch, no more and no less. */
export function isWhole({ stretch }: Piece, clip: Stretch): boolean {
  return clip.start_s === stretch.start_s && clip.end_s === stretch.end_s;
}

/** Return whether a clip that is loaded for one piece serves to play another from a position. */
export function serves(loaded: Piece, clip: Stretch, piece: Piece, from_s: number): boolean {
  const isSame = (["recordingId", "slow", "channel"] as const).every((name) => loaded[name] === piece[name]);
  const holdsIt = from_s >= clip.start_s - 1e-3 && from_s < clip.end_s && clip.end_s <= piece.stretch.end_s;
  return isSame && holdsIt && (!piece.loops || isWhole(piece, clip) || !isWhole(piece, firstClip(piece, from_s)));
}

/** Return the format for a clip: lossless while short, and what this browser plays. */
export function chooseFormat(clip: Stretch, plays: (format: ClipFormat) => boolean): ClipFormat {
  if (clip.end_s - clip.start_s <= FLAC_UP_TO_S + 1e-6) return plays("flac") ? "flac" : "wav";
  return plays("opus") ? "opus" : "mp3";
}

/** Return the address of a clip. */
export function clipAddress({ recordingId, slow, channel }: Piece, clip: Stretch, format: ClipFormat): string {
  return withQuery(`/v1/recordings/${recordingId}/clip`, {
    start_s: round(clip.start_s),
    end_s: round(clip.end_s),
    format,
    slow: slow === 1 ? null : slow,
    channel,
  });
}

/** In whole tenths of a millisecond: the same stretch has the same address, and is fetched once. */
function round(position_s: number): number {
  return Math.round(position_s * 1e4) / 1e4;
}
