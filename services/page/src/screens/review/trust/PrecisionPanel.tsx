import { useEffect, useMemo } from "preact/hooks";

import { setQuery } from "../../../app/router";
import { useDraft } from "../../recordings/filters/draft";
import { USUAL_WANTED, type Asked } from "../asked";
import type { Precision } from "../types";
import { Curve } from "./Curve";
import { suggestionOf, Trust } from "./precision";
import { SavedThresholds } from "./SavedThresholds";
import { Thresholds } from "./thresholds";
import { UseThreshold } from "./UseThreshold";
import { percent, sayCounted, sayInterval, sayKept, sayStrategies } from "./words";

interface Props {
  asked: Asked;
  /** The scientific name of the taxon. */
  taxon: string;
  /** Of the event that is looked at. */
  site: string | null;
}

/** How often the taxon is right at a confidence, and the threshold that follows. */
export function PrecisionPanel({ asked, taxon, site }: Props) {
  const { site: asked_site, pack, wanted = USUAL_WANTED } = asked;
  const trust = useMemo(() => new Trust(asked), [asked_site, pack, wanted, asked.taxon]);
  const thresholds = useMemo(() => new Thresholds(taxon, pack), [taxon, pack]);
  useEffect(() => trust.follow(), [trust]);
  useEffect(() => void thresholds.load(), [thresholds]);
  const [precision, problem] = [trust.precision.value, trust.problem.value];
  return (
    <aside class="trust" aria-label="Precision">
      <h2>How often it is right{asked_site !== undefined && ` at ${asked_site}`}</h2>
      {problem !== null && (
        <p class="say bad" role="alert">
          {problem.detail}
          <button type="button" onClick={() => trust.loadAfter(0)}>
            Try again
          </button>
        </p>
      )}
      {precision === null && problem === null && (
        <p class="on-its-way soft" role="status">
          Counting reviews
        </p>
      )}
      {precision !== null && (
        <>
          <Known precision={precision} wanted={wanted} />
          <UseThreshold precision={precision} taxon={taxon} site={asked_site ?? site} thresholds={thresholds} />
        </>
      )}
      <SavedThresholds thresholds={thresholds} />
    </aside>
  );
}

function Known({ precision, wanted }: { precision: Precision; wanted: string }) {
  const suggestion = suggestionOf(precision);
  const strategies = sayStrategies(precision.by_strategy);
  const others = sayOthers(precision);
  return (
    <>
      <p>{sayCounted(precision)}</p>
      {precision.n > 0 && (
        <Curve precision={precision} wanted={Number(wanted)} threshold={suggestion?.threshold ?? null} />
      )}
      {(strategies !== "" || others !== "") && (
        <p class="soft small">
          {strategies !== "" && `Reviews: ${strategies}. `}
          {others}
        </p>
      )}
      {precision.caution !== null && <p class="say warn">{precision.caution}</p>}
      <WantedField value={wanted} />
      {precision.reason !== null && <p class="reason">{precision.reason}</p>}
      {suggestion !== null && (
        <dl class="change">
          <div>
            <dt>Without a threshold</dt>
            <dd>{sayKept(precision.before)}</dd>
          </div>
          <div>
            <dt>From {suggestion.threshold.toFixed(2)} on</dt>
            <dd>
              {sayKept(suggestion)}
              {suggestion.share !== null && ` That leaves ${percent(suggestion.share)} of the events.`}
              {precision.threshold !== null && ` ${sayInterval(precision.threshold)}`}
            </dd>
          </div>
        </dl>
      )}
      <Bands precision={precision} />
    </>
  );
}

function sayOthers({ uncertain, left_out, repeated }: Precision): string {
  return [
    [uncertain, "uncertain"],
    [left_out, "of events that this pack does not have"],
    [repeated, "of the same event again"],
  ]
    .filter(([count]) => count !== 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(", ")
    .replace(/^(?=.)/, "Not counted: ");
}

function WantedField({ value }: { value: string }) {
  const draft = useDraft(value);
  return (
    <label class="wanted-field">
      Wanted precision
      <input
        type="number"
        min="0.5"
        max="0.99"
        step="0.01"
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onChange={() => setQuery({ wanted: draft.value === USUAL_WANTED ? null : draft.value })}
      />
    </label>
  );
}

function Bands({ precision: { bands } }: { precision: Precision }) {
  const counted = bands.filter(({ n }) => n > 0);
  if (counted.length === 0) return null;
  return (
    <details>
      <summary>Show as table</summary>
      <table>
        <thead>
          <tr>
            <th scope="col">Confidence</th>
            <th scope="col" class="number">
              Reviewed
            </th>
            <th scope="col" class="number">
              Right
            </th>
          </tr>
        </thead>
        <tbody>
          {counted.map(({ from, to, n, confirmed }) => (
            <tr key={from}>
              <td>
                {from} to {to}
              </td>
              <td class="number">{n}</td>
              <td class="number">
                {confirmed} ({percent(confirmed / n)})
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
