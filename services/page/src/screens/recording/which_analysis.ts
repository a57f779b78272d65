/** A recording may be analyzed several times: by another pack, with other settings, again. One of them is looked at. */
import type { Analysis } from "../../api/types";
import { countedAnalysis, hasResults } from "../recordings/listing/counted";

/** Return whether the service's default pack decides: there are results of several. */
export function needsDefaultPack(analyses: readonly Analysis[]): boolean {
  return new Set(analyses.filter(hasResults).map((each) => each.pack.name)).size > 1;
}

/** Return the analysis to look at: the one that is asked for, else the one that counts in lists, else the newest. */
export function chooseAnalysis(
  analyses: readonly Analysis[],
  asked: string | null = null,
  defaultPack: string | null = null,
): Analysis | null {
  const wanted = analyses.find((each) => each.id === asked);
  return wanted ?? countedAnalysis(analyses, defaultPack) ?? sortNewest(analyses)[0] ?? null;
}

export function sortNewest(analyses: readonly Analysis[]): Analysis[] {
  return [...analyses].sort((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at));
}

/** What was chosen to be looked at stays, whatever finishes meanwhile. */
export class Looking {
  /** By what the address asks for: which one is looked at, and which ones had results when that was chosen. */
  private readonly chosen = new Map<string | null, { id: string; known: ReadonlySet<string> }>();

  hasChosen(asked: string | null): boolean {
    return this.chosen.has(asked);
  }

  /** Return the analysis to look at, and one that would be looked at had it finished before. */
  look(
    analyses: readonly Analysis[],
    asked: string | null,
    defaultPack: string | null,
  ): { analysis: Analysis | null; newer: Analysis | null } {
    const first = this.chosen.get(asked);
    const analysis = chooseAnalysis(analyses, first?.id ?? asked, defaultPack);
    if (analysis === null) return { analysis, newer: null };
    if (first?.id !== analysis.id) {
      this.chosen.set(asked, { id: analysis.id, known: new Set(analyses.filter(hasResults).map(({ id }) => id)) });
      return { analysis, newer: null };
    }
    const counted = countedAnalysis(analyses, defaultPack);
    const isNew = counted !== null && counted.id !== analysis.id && !first.known.has(counted.id);
    return { analysis, newer: isNew ? counted : null };
  }
}
