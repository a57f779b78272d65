/** Which of a recording's analyses counts, and which a row of the list speaks of. */
import type { Analysis } from "../../../api/types";

export interface Spoken {
  /** The one that is not finished yet, the newest of several. */
  active: Analysis | null;
  /** The one whose results count. */
  counted: Analysis | null;
  /** The newest one where it brought nothing, and nothing newer is under way: it failed or was cancelled. */
  without: Analysis | null;
}

export function chooseAnalyses(analyses: readonly Analysis[], usualPack: string | null): Spoken {
  const newest = latest(analyses, (each) => each.id);
  const active = latest(
    analyses.filter((each) => !each.terminal),
    (each) => each.id,
  );
  const brought = newest === null || !newest.terminal || hasResults(newest);
  const without = active !== null || brought ? null : newest;
  return { active, counted: countedAnalysis(analyses, usualPack), without };
}

/** Return the one whose results count, in all lists: of those that have some what finished last, of the usual pack first. */
export function countedAnalysis(analyses: readonly Analysis[], usualPack: string | null): Analysis | null {
  const withResults = analyses.filter(hasResults);
  const ofUsual = withResults.filter((each) => each.pack.name === usualPack);
  return latest(ofUsual.length > 0 ? ofUsual : withResults, finishedAt);
}

export function hasResults({ result }: Analysis): boolean {
  return result === "succeeded" || result === "partial";
}

/** Return the analyses with this one in it, in place of its older state. */
export function withAnalysis(analyses: readonly Analysis[], changed: Analysis): readonly Analysis[] {
  const others = analyses.filter((each) => each.id !== changed.id);
  return [...others, changed].sort((a, b) => (a.id < b.id ? 1 : -1));
}

function finishedAt(analysis: Analysis): string {
  // Compared as moments, not as text: the service leaves out a fraction of zero.
  const at = analysis.finished_at === null ? 0 : Date.parse(analysis.finished_at);
  return `${String(at).padStart(16, "0")} ${analysis.id}`;
}

function latest(analyses: readonly Analysis[], key: (analysis: Analysis) => string): Analysis | null {
  return analyses.reduce<Analysis | null>((best, each) => (best === null || key(each) > key(best) ? each : best), null);
}
