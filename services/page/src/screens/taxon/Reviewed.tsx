import { withQuery } from "../../api/client";
import { useLoaded } from "../../api/loaded";
import type { HeardTaxon, Precision, Threshold } from "../../api/types";
import { formatDay } from "../../time/clock";
import { VerdictMark } from "../../reviews/VerdictMark";
import type { Filters } from "../overview/filters";
import { formatScore } from "../recording/events/threshold_words";
import { sayCounted, sayStrategies } from "../review/trust/words";
import { where } from "../review/trust/thresholds";

interface Props {
  taxon: HeardTaxon;
  filters: Filters;
  pack: string;
}

/** What people said of its events, how often it is right, and the thresholds in force. */
export function Reviewed({ taxon, filters, pack }: Props) {
  const name = taxon.scientific_name;
  const { site } = filters;
  const precision = useLoaded<Precision>(withQuery(`/v1/taxa/${encodeURIComponent(name)}/precision`, { site, pack }));
  const thresholds = useLoaded<{ items: Threshold[] }>(withQuery("/v1/thresholds", { taxon: name, pack }));
  const counted = precision.value.value;
  const saved = thresholds.value.value?.items;
  const problem = precision.problem.value ?? thresholds.problem.value;
  return (
    <section aria-labelledby="reviewed-title">
      <h2 id="reviewed-title">Reviews</h2>
      {taxon.verdicts !== null && (
        <p class="verdict-counts">
          {(["confirmed", "rejected", "uncertain"] as const).map((verdict) => (
            <span key={verdict}>
              <VerdictMark verdict={verdict} />{" "}
              <span class="number">{taxon.verdicts?.[verdict].toLocaleString("en")}</span>
            </span>
          ))}
          {taxon.verdicts.corrected_to > 0 && (
            <span>
              Corrected to it <span class="number">{taxon.verdicts.corrected_to.toLocaleString("en")}</span>
            </span>
          )}
          <span class="soft">
            Not reviewed <span class="number">{taxon.verdicts.unreviewed.toLocaleString("en")}</span>
          </span>
        </p>
      )}
      {problem !== null && (
        <p class="say bad" role="alert">
          {problem.detail}
        </p>
      )}
      {counted !== null && (
        <>
          <p>{sayCounted(counted)}</p>
          {sayStrategies(counted.by_strategy) !== "" && <p class="soft">{sayStrategies(counted.by_strategy)}</p>}
          {counted.reason !== null && <p class="soft">{counted.reason}</p>}
          {counted.caution !== null && <p class="soft">{counted.caution}</p>}
        </>
      )}
      <h3>Thresholds in force</h3>
      {saved?.length === 0 && <p class="soft">None is saved: the pack’s own holds.</p>}
      <ul role="list">
        {saved?.map((each) => (
          <li key={each.site ?? ""}>
            <strong class="number">{formatScore(each.threshold)}</strong> {where(each.site)}{" "}
            <span class="soft">
              by {each.set_by}, {formatDay(each.set_at.slice(0, 10))}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
