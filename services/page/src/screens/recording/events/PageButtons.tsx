import type { Signal } from "@preact/signals";

import { PAGE_ROWS } from "./table_rows";

/** Which rows are shown of how many, and the way to the others. */
export function PageButtons({ count, page }: { count: number; page: Signal<number> }) {
  if (count <= PAGE_ROWS) return null;
  const [first, last] = [page.value * PAGE_ROWS + 1, Math.min(count, (page.value + 1) * PAGE_ROWS)];
  const format = (number: number) => number.toLocaleString("en");
  return (
    <div class="pages">
      <span class="number" role="status">
        {format(first)} to {format(last)} of {format(count)}
      </span>
      <button type="button" disabled={first === 1} onClick={() => (page.value -= 1)}>
        Previous {PAGE_ROWS}
      </button>
      <button type="button" disabled={last === count} onClick={() => (page.value += 1)}>
        Next {Math.min(PAGE_ROWS, count - last) || PAGE_ROWS}
      </button>
    </div>
  );
}
