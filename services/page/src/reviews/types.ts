/** Reviews as the service has them: what somebody says of a taxon in a stretch of a recording. */

export type Verdict = "confirmed" | "rejected" | "uncertain";
/** How a queue chose the event that came before the reviewer. */
export type Strategy = "highest" | "bands" | "random" | "first";

export interface Review {
  id: string;
  recording_id: string;
  scientific_name: string;
  common_name: string;
  /** Whole milliseconds, in seconds. */
  onset_s: number;
  offset_s: number;
  verdict: Verdict;
  /** The scientific name of the taxon that is heard instead; null: none is named. */
  corrected_taxon: string | null;
  note: string;
  reviewer: string;
  reviewed_at: string;
  strategy: Strategy | null;
}

/** The answer to a posted review: `replaced` is what the same reviewer had said of it before. */
export interface SavedReview extends Review {
  replaced: Review | null;
}

/** What somebody decides of an event. */
export interface Decision {
  recording_id: string;
  scientific_name: string;
  common_name: string;
  onset_s: number;
  offset_s: number;
  verdict: Verdict;
  corrected_taxon?: string | null;
  note?: string;
  strategy?: Strategy | null;
}
