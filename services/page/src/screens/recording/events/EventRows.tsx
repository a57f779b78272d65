import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo } from "preact/hooks";

import { useModel } from "../model";
import { EventRow } from "./EventRow";
import { ExportLinks } from "./ExportLinks";
import { nameOf } from "./going";
import { NotAnalyzedHere } from "./NotAnalyzedHere";
import { PageButtons } from "./PageButtons";
import { Paging } from "./paging";
import { SortHeads } from "./SortHeads";
import { countByTaxon, PAGE_ROWS, placeOf, sortEvents, type Sorting } from "./table_rows";
import { formatScore } from "./threshold_words";

/** The table's rows, a page at a time, by time unless somebody sorts them otherwise. */
export function EventRows() {
  const model = useModel();
  const sorting = useSignal<Sorting>({ column: "time", isDescending: false });
  /** By its code: while the analysis runs, lanes change their places. */
  const code = useSignal<string | null>(null);
  const taxa = useComputed(() => model.lanes.value?.taxa ?? []);
  const taxon = useComputed(() => placeOf(code.value, taxa.value));
  const counts = useComputed(() => countByTaxon(model.events.value ?? [], taxa.value));
  const rows = useComputed(() => sortEvents(model.events.value ?? [], taxa.value, sorting.value, taxon.value));
  const paging = useMemo(() => new Paging(model, rows), [model]);
  useEffect(() => paging.follow(), [paging]);
  useLayoutEffect(() => paging.restart(), [paging, sorting.value, code.value]);
  const { events, threshold } = model;
  const first = paging.page.value * PAGE_ROWS;
  const shown = rows.value.slice(first, first + PAGE_ROWS);
  return (
    <>
      <div class="table-controls">
        <label>
          Taxon{" "}
          <select
            value={taxon.value ?? ""}
            onChange={({ currentTarget: { value } }) =>
              (code.value = value === "" ? null : (taxa.value[Number(value)]?.code ?? null))
            }
          >
            <option value="">All taxa ({(events.value ?? []).length.toLocaleString("en")})</option>
            {counts.value.map(([each, count]) => (
              <option key={each} value={each}>
                {nameOf(taxa.value[each] ?? { common_name: "", scientific_name: "" })} ({count.toLocaleString("en")})
              </option>
            ))}
          </select>
        </label>
        <ExportLinks taxon={taxon.value} />
        <PageButtons count={rows.value.length} page={paging.page.value} onTurn={(by) => paging.turn(by)} />
      </div>
      <table>
        <caption class="hidden-visually">Events, {sayOrder(sorting.value)}</caption>
        <thead>
          <SortHeads sorting={sorting} />
        </thead>
        <tbody>
          {shown.map((event) => (
            <EventRow key={`${event.taxon} ${event.onset_s}`} event={event} taxon={taxa.value[event.taxon]} />
          ))}
        </tbody>
      </table>
      <NotAnalyzedHere />
      {rows.value.length === 0 && (
        <p class="none">{events.value === null ? "The events are on their way." : sayNone(threshold.value)}</p>
      )}
    </>
  );
}

function sayNone(threshold: number | null): string {
  const which = threshold === null ? "its threshold" : formatScore(threshold);
  return `No event reaches ${which}. Lower the threshold to see more.`;
}

function sayOrder({ column, isDescending }: Sorting): string {
  return `by ${column}, ${isDescending ? "descending" : "ascending"}`;
}
