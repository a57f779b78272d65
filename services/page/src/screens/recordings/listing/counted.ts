/** Which of a recording's analyses a row of the list speaks of. */
import type { Analysis } from "../../../api/types";

export interface Spoken {
  /** The one that is not finished yet, the newest of several. */
  active: Analysis | null;
  /** The one whose results count, as in all lists: the newest that succeeded or is partial, of the usual pack first. */
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
  const withResults = analyses.filter((each) => each.result === "succeeded" || each.result === "partial");
  const ofUsual = withResults.filter((each) => each.pack.name === usualPack);
  const counted = latest(ofUsual.length > 0 ? ofUsual : withResults, finishedAt);
  const brought = newest === null || !newest.terminal || withResults.includes(newest);
  return { active, counted, without: active !== null || brought ? null : newest };
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
