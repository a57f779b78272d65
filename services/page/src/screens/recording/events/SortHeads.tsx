import type { Signal } from "@preact/signals";

import { useModel } from "../model";
import { clockOf } from "../pictures/times";
import type { Column, Sorting } from "./table_rows";

const HEADS: readonly (readonly [Column, string])[] = [
  ["time", "Time"],
  ["taxon", "Taxon"],
  ["length", "Length"],
  ["confidence", "Confidence"],
];

/** The heads of the table's columns; each sorts by its own, high confidences and long events first. */
export function SortHeads({ sorting }: { sorting: Signal<Sorting> }) {
  const model = useModel();
  const { column, isDescending } = sorting.value;
  const sort = (by: Column) => {
    const isHighFirst = by === "confidence" || by === "length";
    sorting.value = { column: by, isDescending: by === column ? !isDescending : isHighFirst };
  };
  return (
    <tr>
      {HEADS.map(([each, name]) => (
        <th
          key={each}
          scope="col"
          class={each === "taxon" ? undefined : "number"}
          aria-sort={each === column ? (isDescending ? "descending" : "ascending") : "none"}
        >
          <button type="button" class="quiet" onClick={() => sort(each)}>
            {each === "time" && clockOf(model) === null ? "Position" : name}
            <span aria-hidden="true" class="arrow">
              {each === column ? (isDescending ? "↓" : "↑") : ""}
            </span>
          </button>
        </th>
      ))}
      <th scope="col">Review</th>
    </tr>
  );
}
