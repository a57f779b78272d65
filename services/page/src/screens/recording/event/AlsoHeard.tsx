import { useComputed } from "@preact/signals";

import { nameOf } from "../events/going";
import { formatConfidence } from "../events/threshold_words";
import { useModel, type SungEvent } from "../model";
import { findAlsoHeard } from "./also_heard";
import { ScoreBar } from "../../../drawing/ScoreBar";

/** The other taxa with scores while the event lasted; each leads to its lane. */
export function AlsoHeard({ event }: { event: SungEvent }) {
  const model = useModel();
  const heard = useComputed(() => findAlsoHeard(model, model.selected.value ?? event));
  const floor = model.analysis.value?.settings.floor ?? 0;
  const taxa = model.lanes.value?.taxa ?? [];
  return (
    <div class="also">
      <h3>Others in this stretch</h3>
      {heard.value.length === 0 ? (
        <p class="soft">No other taxon reached {floor} here.</p>
      ) : (
        <ul role="list">
          {heard.value.map(({ taxon, score }) => {
            const found = taxa[taxon];
            return (
              found !== undefined && (
                <li key={found.code}>
                  <button type="button" class="quiet" onClick={() => (model.taxon.value = taxon)}>
                    {nameOf(found)}{" "}
                    {nameOf(found) !== found.scientific_name && <i class="soft">{found.scientific_name}</i>}
                  </button>
                  <ScoreBar score={score} />
                  <span class="number">{formatConfidence(score)}</span>
                </li>
              )
            );
          })}
        </ul>
      )}
    </div>
  );
}
