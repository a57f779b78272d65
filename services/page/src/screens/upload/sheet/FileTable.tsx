import { useSignal } from "@preact/signals";

import { isBusy, items } from "../batch";
import { FileRow } from "./FileRow";

const PAGE = 100;

/** The files in the order in which they were dropped; once all is done, those that became no new recording. */
export function FileTable() {
  const most = useSignal(PAGE);
  const showsAll = useSignal(false);
  const all = items.value;
  const worthAWord = all.filter(({ state }) => state.value.at !== "made");
  const shown = isBusy.value || showsAll.value ? all : worthAWord;
  const rest = shown.length - most.value;
  return (
    <div class="files">
      {shown.length > 0 && <Table shown={shown.slice(0, most.value)} />}
      {rest > 0 && (
        <button class="quiet" type="button" onClick={() => (most.value += PAGE)}>
          {`Show ${Math.min(rest, PAGE)} more of ${shown.length.toLocaleString("en")}`}
        </button>
      )}
      {shown.length < all.length && (
        <button class="quiet" type="button" onClick={() => (showsAll.value = true)}>
          {`Show all ${all.length.toLocaleString("en")} files`}
        </button>
      )}
    </div>
  );
}

function Table({ shown }: { shown: typeof items.value }) {
  return (
    <table aria-label="Files">
      <thead>
        <tr>
          <th scope="col">File</th>
          <th scope="col" class="starts">
            Starts
          </th>
          <th scope="col" class="source">
            Read from
          </th>
          <th scope="col" class="zone">
            Time zone
          </th>
          <th scope="col" class="number size">
            Size
          </th>
          <th scope="col" class="state">
            State
          </th>
          <td class="act" />
        </tr>
      </thead>
      <tbody>
        {shown.map((item) => (
          <FileRow key={item.id} item={item} />
        ))}
      </tbody>
    </table>
  );
}
