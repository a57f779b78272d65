import { useEffect, useMemo } from "preact/hooks";

import { withQuery } from "../../api/client";
import { useLoaded } from "../../api/loaded";
import type { Detection, HeardTaxon, Paged } from "../../api/types";
import { VerdictMark } from "../../reviews/VerdictMark";
import { ScoreBar } from "../../drawing/ScoreBar";
import { earliest, isDayBetween, latest } from "../recordings/filters/filters";
import type { Filters } from "../overview/filters";
import { count, momentInWords } from "../overview/words";
import { formatPosition } from "../../time/clock";
import { momentLink } from "../recording/event/moment_link";
import { Listening } from "./listening";

const MOST = 12;

interface Props {
  taxon: HeardTaxon;
  filters: Filters;
  pack: string;
}

/** Those of which the model is most sure: heard here at once, or looked at in their recording. */
export function BestEvents({ taxon, filters, pack }: Props) {
  const { site, from, to, min_confidence, thresholds, reviewed } = filters;
  const loaded = useLoaded<Paged<Detection>>(
    withQuery("/v1/detections", {
      ...{
        taxon: taxon.scientific_name,
        site,
        pack,
        min_confidence,
        thresholds,
        // Lists find what a model heard: what was corrected is another taxon's.
        reviewed: reviewed === "identified" ? "confirmed" : reviewed,
        order: "confidence",
        limit: MOST,
      },
      from: from === null ? null : earliest(from),
      to: to === null ? null : latest(to),
    }),
  );
  const listening = useMemo(() => new Listening(), []);
  useEffect(() => () => listening.stop(), [listening]);
  const correctedTo = taxon.verdicts?.corrected_to ?? 0;
  const [found, problem] = [loaded.value.value, loaded.problem.value];
  // The service was asked for a bit more than the days of the recorder's clock.
  const events = found?.items.filter((each) => isDayBetween(each.started_at, from ?? undefined, to ?? undefined));
  return (
    <section class="best" aria-labelledby="best-title">
      <h2 id="best-title">Best events</h2>
      {problem !== null && (
        <p class="say bad" role="alert">
          <span>{problem.detail}</span>
          <button type="button" onClick={loaded.reload}>
            Load them again
          </button>
        </p>
      )}
      {events?.length === 0 && correctedTo === 0 && <p class="soft">No event of it was found.</p>}
      {correctedTo > 0 && (
        <p class="soft">
          {count(correctedTo, "more event")} of it {correctedTo === 1 ? "was" : "were"} detected as another taxon and
          corrected to it. An export of all taxa names what was corrected.
        </p>
      )}
      <ul role="list">
        {events?.map((event) => (
          <BestEvent key={`${event.recording_id} ${event.onset_s}`} event={event} listening={listening} />
        ))}
      </ul>
    </section>
  );
}

function BestEvent({ event, listening }: { event: Detection; listening: Listening }) {
  const isPlaying = listening.playing.value === event;
  const { recording_id, onset_s, code, analysis_id, started_at } = event;
  const when = started_at === null ? `at ${formatPosition(onset_s)}` : momentInWords(started_at);
  const link = momentLink({
    ...{ recording_id, t: onset_s, taxon: code, threshold: null, analysis: analysis_id },
    ...{ hz: null, db: null, channel: null },
  });
  return (
    <li>
      <button type="button" aria-pressed={isPlaying} onClick={() => listening.toggle(event)}>
        {isPlaying ? "Stop" : "Listen"}
        <span class="hidden-visually">: {when}</span>
      </button>
      <a href={link}>{when}</a>
      <span class="soft site">{event.site ?? event.file}</span>
      <span class="score">
        <ScoreBar score={event.confidence} /> <span class="number">{event.confidence.toFixed(2)}</span>
      </span>
      <span>{event.review !== null && <VerdictMark verdict={event.review.verdict} />}</span>
    </li>
  );
}
