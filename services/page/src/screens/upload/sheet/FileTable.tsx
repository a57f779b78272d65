import { useSignal } from "@preact/signals";

import { items } from "../batch";
import { FileRow } from "./FileRow";

const PAGE = 100;

/** The files in the order in which they were dropped. */
export function FileTable() {
  const shown = useSignal(PAGE);
  const all = items.value;
  const rest = all.length - shown.value;
  return (
    <div class="files" tabIndex={0} role="region" aria-label="Files">
      <table>
        <thead>
          <tr>
            <th scope="col">File</th>
            <th scope="col">Starts</th>
            <th scope="col">Says</th>
            <th scope="col">Time zone</th>
            <th scope="col" class="number">
              Size
            </th>
            <th scope="col">State</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {all.slice(0, shown.value).map((item) => (
            <FileRow key={item.id} item={item} />
          ))}
        </tbody>
      </table>
      {rest > 0 && (
        <button class="quiet" type="button" onClick={() => (shown.value += PAGE)}>
          {`Show ${Math.min(rest, PAGE)} more of ${all.length.toLocaleString("en")}`}
        </button>
      )}
    </div>
  );
}
