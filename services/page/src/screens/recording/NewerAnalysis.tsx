import type { Analysis } from "../../api/types";
import { setQuery } from "../../app/router";
import { nameAnalysis } from "./facts/words";

/** Says that another analysis counts by now; what is looked at stays until somebody wants to see that one. */
export function NewerAnalysis({ analysis }: { analysis: Analysis }) {
  return (
    <div class="say" role="status">
      <span>A newer analysis has finished: {nameAnalysis(analysis)}.</span>
      <button type="button" onClick={() => setQuery({ analysis: analysis.id, taxon: null }, { replace: false })}>
        Show it
      </button>
    </div>
  );
}
