import { PAGE_ROWS } from "./table_rows";

interface Props {
  count: number;
  /** From 0. */
  page: number;
  onTurn: (by: 1 | -1) => void;
}

/** Which rows are shown of how many, and the way to the others. */
export function PageButtons({ count, page, onTurn }: Props) {
  if (count <= PAGE_ROWS) return null;
  const [first, last] = [page * PAGE_ROWS + 1, Math.min(count, (page + 1) * PAGE_ROWS)];
  const format = (number: number) => number.toLocaleString("en");
  return (
    <div class="pages">
      <span class="number" role="status">
        {format(first)} to {format(last)} of {format(count)}
      </span>
      <button type="button" disabled={first === 1} onClick={() => onTurn(-1)}>
        Previous {PAGE_ROWS}
      </button>
      <button type="button" disabled={last === count} onClick={() => onTurn(1)}>
        Next {Math.min(PAGE_ROWS, count - last) || PAGE_ROWS}
      </button>
    </div>
  );
}
