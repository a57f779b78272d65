import type { Column } from "./columns";

/** What the columns are: so many labels as have room. */
const MOST_LABELS = 24;

export function ColumnAxis({ columns }: { columns: readonly Column[] }) {
  const isHours = columns.length === 24 && columns[0]?.label === "0";
  const most = isHours ? MOST_LABELS : 8;
  const step = Math.ceil(columns.length / most);
  return (
    <div class="matrix-row axis" aria-hidden="true">
      <span class="row-name soft">{isHours ? "Hour of the day" : "Day"}</span>
      <div class="labels" style={{ gridTemplateColumns: `repeat(${columns.length}, minmax(0, 1fr))` }}>
        {columns.map(
          (column, at) =>
            at % step === 0 && (
              <span key={column.name} style={{ gridColumn: `${at + 1} / span ${Math.min(step, columns.length - at)}` }}>
                {column.label}
              </span>
            ),
        )}
      </div>
    </div>
  );
}
