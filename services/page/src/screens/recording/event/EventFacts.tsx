import { formatPosition, localTime } from "../../../time/clock";
import { taxonLink } from "../../taxon/taxon_link";
import { formatConfidence, formatEventLength } from "../events/threshold_words";
import type { LaneTaxon } from "../lanes";
import { useModel, type SungEvent } from "../model";
import { useChannel } from "./channel";
import { ScoreBar } from "../../../drawing/ScoreBar";

/** What is known of an event. */
export function EventFacts({ event, taxon }: { event: SungEvent; taxon: LaneTaxon }) {
  const model = useModel();
  const { recorded_at } = model.recording.value;
  const at = localTime(recorded_at, event.onset_s, 1);
  const channel = useChannel(event, taxon);
  const isBelow = model.events.value?.includes(event) === false;
  return (
    <>
      <div>
        <h2>{taxon.common_name || taxon.scientific_name}</h2>
        {taxon.common_name !== "" && taxon.common_name !== taxon.scientific_name && (
          <p class="soft">
            <i>{taxon.scientific_name}</i>
          </p>
        )}
      </div>
      <p>
        <a href={taxonLink(taxon, { pack: model.analysis.value?.pack.name ?? null })}>At all sites</a>
      </p>
      {isBelow && <p class="say warn">Under the threshold now</p>}
      <dl>
        {at !== null && (
          <Fact name="Time">
            <time>{at.time}</time>{" "}
            <span class="soft">
              {at.date} (UTC{at.offset})
            </span>
          </Fact>
        )}
        <Fact name="Position">
          <span class="number">{formatPosition(event.onset_s, 1)}</span>
        </Fact>
        <Fact name="Length">
          <span class="number">{formatEventLength(event)}</span>
        </Fact>
        <Fact name="Confidence">
          <ScoreBar score={event.confidence} /> <span class="number">{formatConfidence(event.confidence)}</span>
        </Fact>
        {channel !== null && <Fact name="Channel">{channel}</Fact>}
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
