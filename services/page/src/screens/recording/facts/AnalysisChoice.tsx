import { setQuery } from "../../../app/router";
import { useModel } from "../model";
import { countedAnalysis } from "../../recordings/listing/counted";
import { usualPack } from "../../recordings/states/packs";
import { sortNewest } from "../which_analysis";
import { NewerAnalysis } from "./NewerAnalysis";
import { formatMoment, nameAnalysis } from "./words";

/** By which pack it was analyzed; where it was analyzed several times, a choice of them. */
export function AnalysisChoice() {
  const model = useModel();
  const analysis = model.analysis.value;
  const all = sortNewest(model.recording.value.analyses);
  if (analysis === null) return null;
  const counted = countedAnalysis(all, usualPack.value);
  return (
    <div>
      <dt>{all.length > 1 ? <label for="which-analysis">Analysis</label> : "Analysis"}</dt>
      <dd class="which">
        {all.length === 1 ? (
          nameAnalysis(analysis)
        ) : (
          <select
            id="which-analysis"
            value={analysis.id}
            onChange={(event) => setQuery({ analysis: event.currentTarget.value, taxon: null }, { replace: false })}
          >
            {all.map((each) => (
              <option key={each.id} value={each.id}>
                {`${nameAnalysis(each)}, ${formatMoment(each.created_at)}, ${each.result ?? each.state}`}
                {each.id === counted?.id ? " (in lists)" : ""}
              </option>
            ))}
          </select>
        )}
        <NewerAnalysis />
      </dd>
    </div>
  );
}
