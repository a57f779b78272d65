import { ScoreBar } from "../../../drawing/ScoreBar";
import { momentLink } from "../../recording/event/moment_link";
import type { Asked } from "../asked";
import type { QueuedEvent } from "../types";
import { sayDay, sayTime } from "./words";

/** Where and when the event was heard, and how sure the model is. */
export function EventFacts({ event, asked }: { event: QueuedEvent; asked: Asked }) {
  const day = sayDay(event);
  const link = momentLink({
    recording_id: event.recording_id,
    analysis: asked.pack === undefined ? null : event.analysis_id,
    t: event.onset_s,
    taxon: event.code,
    threshold: null,
    hz: null,
    db: null,
    channel: event.channel === null ? null : String(event.channel),
  });
  return (
    <p class="facts">
      <strong class="number">{sayTime(event, 1)}</strong>
      {day !== null && <span>{day}</span>}
      <span>{event.site ?? "No site"}</span>
      <span>
        Confidence <ScoreBar score={event.confidence} /> <span class="number">{event.confidence.toFixed(2)}</span>
      </span>
      <a href={link}>{event.file}</a>
    </p>
  );
}
