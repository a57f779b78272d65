/** Reviews as the service has them: what somebody says of a taxon in a stretch of a recording. */
import type { components } from "../api/schema";

type Schemas = components["schemas"];
export type Verdict = Schemas["Verdict"];
/** How a queue chose the event that came before the reviewer. */
export type Strategy = Schemas["Strategy"];
/** Without what its recording says: what is said here is shown before the service has answered. */
export type Review = Omit<Schemas["ReviewOut"], "file" | "site" | "started_at">;

/** The answer to a posted review: `replaced` is what the same reviewer had said of it before, and whose id it has. */
export type SavedReview = Review & { replaced: Review | null };

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
