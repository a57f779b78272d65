import { ScoreBar } from "../../../drawing/ScoreBar";
import { VerdictMark } from "../../../reviews/VerdictMark";
import type { LaneTaxon } from "../lanes";
import { useModel, type SungEvent } from "../model";
import { timeInWords } from "../pictures/times";
import { nameOf } from "./going";
import { formatConfidence, formatEventLength } from "./threshold_words";

/** An event in the table: a click anywhere selects it, Enter on its time. */
export function EventRow({ event, taxon }: { event: SungEvent; taxon: LaneTaxon | undefined }) {
  const model = useModel();
  if (taxon === undefined) return null;
  const isSelected = model.selected.value === event;
  const name = nameOf(taxon);
  const review = model.verdicts.value.get(event);
  return (
    <tr class={isSelected ? "chosen" : undefined} aria-current={isSelected} onClick={() => model.select(event)}>
      <td class="number">
        <button type="button" class="quiet number">
          {timeInWords(model, event.onset_s, 1)}
        </button>
      </td>
      <td>
        {name} {name !== taxon.scientific_name && <i class="soft">{taxon.scientific_name}</i>}
      </td>
      <td class="number">{formatEventLength(event)}</td>
      <td class="number score">
        <ScoreBar score={event.confidence} /> {formatConfidence(event.confidence)}
      </td>
      <td>{review !== undefined && <VerdictMark verdict={review.verdict} />}</td>
    </tr>
  );
}
