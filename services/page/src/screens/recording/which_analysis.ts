/** A recording may be analyzed several times: by another pack, with other settings, again. One of them is looked at. */
import type { Analysis } from "../../api/types";

/** Return whether the service's default pack decides: there are results of several. */
export function needsDefaultPack(analyses: readonly Analysis[]): boolean {
  return new Set(analyses.filter(isCounting).map((each) => each.pack.name)).size > 1;
}

/** Return the analysis to look at: the one that is asked for, else the one that counts in lists, else the newest.
 *
 * In lists counts, for each pack, the newest that succeeded or is partial; of several packs the service's default.
 */
export function chooseAnalysis(
  analyses: readonly Analysis[],
  asked: string | null = null,
  defaultPack: string | null = null,
): Analysis | null {
  const newest = sortNewest(analyses);
  const counting = newest.filter(isCounting);
  return (
    newest.find((each) => each.id === asked) ??
    counting.find((each) => each.pack.name === defaultPack) ??
    counting[0] ??
    newest[0] ??
    null
  );
}

function isCounting({ result }: Analysis): boolean {
  return result === "succeeded" || result === "partial";
}

export function sortNewest(analyses: readonly Analysis[]): Analysis[] {
  return [...analyses].sort((one, other) => Date.parse(other.created_at) - Date.parse(one.created_at));
}
