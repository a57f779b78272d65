/** Verdicts in words and as shapes: never by color alone. */
import type { Review, Verdict } from "./types";

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  confirmed: "Confirmed",
  rejected: "Rejected",
  uncertain: "Uncertain",
};

/** Lines in a square of 12: a tick, a cross, a question mark. For SVG and, as `Path2D`, for canvases. */
export const VERDICT_SHAPES: Readonly<Record<Verdict, string>> = {
  confirmed: "M2 6.5 5 9.5 10.5 2.5",
  rejected: "M2.5 2.5 9.5 9.5M9.5 2.5 2.5 9.5",
  uncertain: "M3.5 4A2.5 2.5 0 1 1 7 6.3C6.2 6.7 6 7.2 6 8M6 10.4V10.6",
};
/** The tokens of their colors. */
export const VERDICT_COLORS: Readonly<Record<Verdict, string>> = {
  confirmed: "good",
  rejected: "bad",
  uncertain: "warn",
};

/** Return a verdict in words: `Rejected: it is Turdus philomelos`. */
export function sayVerdict({ verdict, corrected_taxon }: Pick<Review, "verdict" | "corrected_taxon">): string {
  return corrected_taxon === null ? VERDICT_WORDS[verdict] : `${VERDICT_WORDS[verdict]}: it is ${corrected_taxon}`;
}
