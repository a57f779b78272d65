/** The state of a recording in words that a bird-watcher uses. */
import type { Analysis } from "../../../api/types";
import { formatLength } from "../../../time/clock";
import { countOf } from "../words";

export interface Said {
  /** Its sign: shape and color beside the word, never instead of it. */
  mark: "waiting" | "running" | "good" | "partial" | "bad" | "none";
  text: string;
  /** What there is to know beyond that; null: nothing. */
  detail: string | null;
  /** How long it will take, as far as that is known. */
  left?: string | null;
}

export function sayState(analysis: Analysis): Said {
  if (analysis.state === "queued") return { mark: "waiting", text: "Waiting", detail: null };
  if (analysis.state === "running") return sayRunning(analysis);
  const analyzed = `${formatLength(analysis.analyzed_s)} of ${formatLength(analysis.duration_s)}`;
  switch (analysis.result) {
    case "succeeded":
      return { mark: "good", text: "Analyzed", detail: null };
    case "partial":
      return { mark: "partial", text: "Partly analyzed", detail: analyzed };
    case "cancelled":
      return { mark: "none", text: "Cancelled", detail: analysis.analyzed_s > 0 ? `after ${analyzed}` : null };
    default:
      return { mark: "bad", text: "Failed", detail: null };
  }
}

/** Return how much of an analysis is done, between 0 and 1: what failed is over, too. */
export function shareDone(analysis: Analysis): number {
  const over = analysis.segments_done + analysis.segments_failed;
  return analysis.segments_total > 0 ? over / analysis.segments_total : 0;
}

function sayRunning(analysis: Analysis): Said {
  const done = analysis.segments_done + analysis.segments_failed;
  const left = analysis.eta_s === null ? null : `${sayLeft(analysis.eta_s)} left`;
  return { mark: "running", text: "Analyzing", detail: `${done} of ${countOf(analysis.segments_total, "part")}`, left };
}

/** Return `about 3 min`: an estimate is not told to the second. */
function sayLeft(eta_s: number): string {
  if (eta_s < 60) return "under 1 min";
  if (eta_s < 3600) return `about ${Math.round(eta_s / 60)} min`;
  return `about ${formatLength(Math.round(eta_s / 900) * 900)}`;
}

/** Return why parts were not analyzed, the first reason in full; null: nothing failed. */
export function sayFailure(analysis: Analysis): string | null {
  const first = analysis.failures[0];
  if (first === undefined || analysis.result === "cancelled") return null;
  const others = analysis.failures_total - 1;
  const reason = first.reason.charAt(0).toUpperCase() + first.reason.slice(1);
  return others > 0 ? `${reason} (and ${countOf(others, "more stretch")})` : reason;
}

const WARNINGS: Readonly<Record<string, string>> = {
  channels_cancel: "channels cancel each other",
  channels_differ: "channels differ",
  silence: "silence",
  clipped: "overdriven",
  length_doubted: "length in doubt",
  place_changed: "place was changed",
};

export interface SaidWarning {
  word: string;
  /** The first one in full. */
  detail: string;
}

/** Return each kind of warning once. */
export function sayWarnings(analysis: Analysis): SaidWarning[] {
  const said = new Map<string, SaidWarning>();
  for (const { code, detail } of analysis.warnings) {
    if (!said.has(code)) said.set(code, { word: WARNINGS[code] ?? code.replaceAll("_", " "), detail });
  }
  return [...said.values()];
}
