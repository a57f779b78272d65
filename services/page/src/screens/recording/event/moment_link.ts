/** The address under which a colleague sees the same moment, with the same taxon and threshold. */
import { withQuery } from "../../../api/client";

export interface Moment {
  recording_id: string;
  /** Of an analysis that is not the recording's usual one. */
  analysis: string | null;
  t: number;
  taxon: string;
  threshold: number | null;
  /** How the picture looks: the band of frequencies, the contrast and the channel, as the address has them. */
  hz: string | null;
  db: string | null;
  channel: string | null;
}

export function momentLink({ recording_id, t, ...rest }: Moment): string {
  return withQuery(`/recordings/${recording_id}`, { t: Number(t.toFixed(3)), ...rest });
}

/** Seconds before and after the event that a clip holds too. */
const AROUND_S = 2;
const MOST_CLIP_S = 300;

export interface Clip {
  recording_id: string;
  duration_s: number;
  onset_s: number;
  offset_s: number;
  taxon: string;
  confidence: number;
  channel: number | null;
}

/** The event as a sound file, with what is around it. */
export function clipLink({ recording_id, duration_s, onset_s, offset_s, taxon, confidence, channel }: Clip): string {
  const start_s = Math.max(0, onset_s - AROUND_S);
  const end_s = Math.min(duration_s, offset_s + AROUND_S, start_s + MOST_CLIP_S);
  return withQuery(`/v1/recordings/${recording_id}/clip`, {
    start_s: Number(start_s.toFixed(3)),
    end_s: Number(end_s.toFixed(3)),
    format: "flac",
    taxon,
    confidence: Number(confidence.toFixed(4)),
    channel,
  });
}
