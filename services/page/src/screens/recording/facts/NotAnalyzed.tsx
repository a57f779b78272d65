import { useSignal } from "@preact/signals";

import { fetchJson, withQuery } from "../../../api/client";
import type { Failure, Paged } from "../../../api/types";
import { complain } from "../../../app/notices";
import { formatLength } from "../../../time/clock";
import { useModel } from "../model";
import { Stretch } from "./Stretch";

/** The stretches that were not analyzed, each with its reason. */
export function NotAnalyzed() {
  const analysis = useModel().analysis.value;
  const all = useSignal<Failure[] | null>(null);
  if (analysis === null || analysis.failures_total === 0) return null;
  const shown = all.value ?? analysis.failures;
  const left = analysis.failures_total - shown.length;
  return (
    <details class="not-analyzed" open={analysis.failures_total <= 3}>
      <summary>Not analyzed: {formatLength(analysis.failed_s)}</summary>
      <ul role="list">{shown.flatMap(listStretches)}</ul>
      {left > 0 && (
        <button type="button" onClick={() => void loadAll(analysis.id).then((found) => (all.value = found), complain)}>
          Show {left} more
        </button>
      )}
    </details>
  );
}

/** A failed segment, or the stretches of it that were lost; older analyses know of none. */
function listStretches(failure: Failure) {
  const stretches = failure.lost.length > 0 ? failure.lost : [failure];
  return stretches.map(({ start_s, end_s, reason }) => (
    <li key={`${failure.segment} ${start_s}`}>
      <Stretch start_s={start_s} end_s={end_s} /> <span>{reason}</span>
    </li>
  ));
}

async function loadAll(analysisId: string): Promise<Failure[]> {
  const found: Failure[] = [];
  let cursor: string | null = null;
  do {
    const page: Paged<Failure> = await fetchJson(withQuery(`/v1/analyses/${analysisId}/failures`, { cursor }));
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}
