import "./event.css";

import { useEffect } from "preact/hooks";

import { lazily } from "../../../app/lazy_view";
import { useModel } from "../model";
import { sayEvent } from "../events/going";
import { AlsoHeard } from "./AlsoHeard";
import { EventActs } from "./EventActs";
import { EventFacts } from "./EventFacts";
import { NoEvent } from "./NoEvent";
import { StepButtons } from "./StepButtons";

const Verdict = lazily(() => import("./verdict/VerdictPanel"), "What saves verdicts");

/** The event that is looked at: its taxon, times and scores, and what people say of it. */
export function EventPanel() {
  const model = useModel();
  // Coming after the first event is shown, it would push down what is below it.
  useEffect(() => Verdict.ahead(), []);
  const event = model.selected.value;
  const taxon = event === null ? undefined : model.lanes.value?.taxa[event.taxon];
  return (
    <aside class="event" aria-label="Event">
      <p class="hidden-visually" role="status" aria-live="polite">
        {sayEvent(model)}
      </p>
      <StepButtons />
      {event === null || taxon === undefined ? (
        <div class="known">
          <NoEvent />
        </div>
      ) : (
        <>
          <div class="known">
            <EventFacts event={event} taxon={taxon} />
            <Verdict />
            <EventActs event={event} taxon={taxon} />
          </div>
          <AlsoHeard event={event} />
        </>
      )}
    </aside>
  );
}
