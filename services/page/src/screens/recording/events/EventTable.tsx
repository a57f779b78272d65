import { useId } from "preact/hooks";

import { query, setQuery } from "../../../app/router";
import { useModel } from "../model";
import { EventRows } from "./EventRows";

/** The same events as a table, for those who read rather than look. Whether it is shown is in the address. */
export function EventTable() {
  const model = useModel();
  const id = useId();
  if (model.analysis.value === null) return null;
  const isShown = query.value.get("table") !== null;
  return (
    <section class="event-table" aria-label="Table of events">
      <button
        type="button"
        aria-expanded={isShown}
        aria-controls={id}
        onClick={() => setQuery({ table: isShown ? null : "1" })}
      >
        {isShown ? "Hide table" : "Show as table"}
      </button>
      <div id={id}>{isShown && <EventRows />}</div>
    </section>
  );
}
