import "./table.css";

import { useComputed } from "@preact/signals";

import type { RecordingList } from "../listing/recording_list";
import type { Selection } from "../selection/selection";
import { countOf } from "../words";
import { RecordingRow } from "./RecordingRow";

/** The recordings as a table, as far as they were asked for. */
export function RecordingTable({ list, selection }: { list: RecordingList; selection: Selection }) {
  const rows = list.shown.value;
  return (
    <div class="recordings-frame">
      <table class="recordings" onKeyDown={stepByArrow}>
        <caption class="hidden-visually">Recordings, newest upload first</caption>
        <thead>
          <tr>
            <th class="select">
              <SelectAll list={list} selection={selection} />
            </th>
            <th scope="col">Recording</th>
            <th scope="col">Site and start</th>
            <th scope="col">State</th>
            <th scope="col">Heard most surely</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <RecordingRow key={row.id} row={row} selection={selection} />
          ))}
        </tbody>
      </table>
      <div class="end">
        <span class="soft">
          {countOf(rows.length, "recording")} shown{list.next.value === null ? ", that is all" : ""}
        </span>
        {list.next.value !== null && (
          <button type="button" disabled={list.loading.value !== null} onClick={() => void list.showMore()}>
            {list.loading.value !== null ? "Loading…" : "Show more"}
          </button>
        )}
      </div>
    </div>
  );
}

function SelectAll({ list, selection }: { list: RecordingList; selection: Selection }) {
  const count = useComputed(() => selection.rows.value.length).value;
  const rows = list.shown.value;
  const isAll = rows.length > 0 && count === rows.length;
  return (
    <input
      type="checkbox"
      aria-label={`Select all ${rows.length} shown`}
      checked={isAll}
      indeterminate={count > 0 && !isAll}
      onClick={() => (isAll ? selection.clear() : selection.chooseAll(rows))}
    />
  );
}

/** Arrows lead from box to box; with Shift they take the next one into the selection. */
function stepByArrow(event: KeyboardEvent): void {
  const box = event.target;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step === undefined || !(box instanceof HTMLInputElement) || !(event.currentTarget instanceof HTMLElement)) return;
  const boxes = [...event.currentTarget.querySelectorAll<HTMLInputElement>("tbody input[type=checkbox]")];
  const next = boxes[boxes.indexOf(box) + step];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
  if (event.shiftKey && !next.checked) next.click();
}
