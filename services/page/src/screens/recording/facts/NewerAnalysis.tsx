import { setQuery } from "../../../app/router";
import { useModel } from "../model";
import { nameAnalysis } from "./words";

/** Says that another analysis counts by now; what is looked at stays until somebody wants to see that one. */
export function NewerAnalysis() {
  const newer = useModel().newer.value;
  return (
    <span role="status">
      {newer !== null && (
        <>
          A newer analysis has finished: {nameAnalysis(newer)}.{" "}
          <button type="button" onClick={() => setQuery({ analysis: newer.id, taxon: null }, { replace: false })}>
            Show it
          </button>
        </>
      )}
    </span>
  );
}
