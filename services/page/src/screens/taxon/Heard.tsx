import { useSignal } from "@preact/signals";

import type { HeardTaxon, Overview } from "../../api/types";
import { Plot } from "../../drawing/Plot";
import { ColumnAxis } from "../overview/ColumnAxis";
import { columnsOf, countsOf, formatHours, formatValue, valueOf, valuesOf, type Column } from "../overview/columns";
import { drawBars } from "../overview/draw_cells";
import type { Unit } from "../overview/filters";

/** At which hours and on which days it was heard, beside how long somebody listened; the same as tables. */
export function Heard({ overview, taxon }: { overview: Overview; taxon: HeardTaxon }) {
  const isRate = useSignal(true);
  return (
    <>
      <label class="switch">
        <input
          type="checkbox"
          checked={isRate.value}
          onChange={(event) => (isRate.value = event.currentTarget.checked)}
        />
        Per hour listened
      </label>
      {(["hour", "day"] as const).map((by) => (
        <Part key={by} by={by} overview={overview} taxon={taxon} isRate={isRate.value} />
      ))}
    </>
  );
}

interface PartProps {
  by: Unit;
  overview: Overview;
  taxon: HeardTaxon;
  isRate: boolean;
}

function Part({ by, overview, taxon, isRate }: PartProps) {
  const columns = columnsOf(overview, by);
  const title = by === "hour" ? "Hours of the day" : "Days";
  if (columns.length === 0) return null;
  const counts = countsOf(taxon, columns, by);
  const values = valuesOf(taxon, columns, by, isRate);
  const highest = Math.max(0, ...values.map((each) => each ?? 0));
  const unit = isRate ? "detections per hour listened" : "detections";
  return (
    <section class="heard" aria-label={title}>
      <h2>{title}</h2>
      <div class="matrix-row">
        <span class="row-name">
          Heard{" "}
          <span class="soft">
            up to {formatValue(highest, isRate)} {isRate ? "an hour" : ""}
          </span>
        </span>
        <Plot
          height={60}
          summary={`${title}: ${unit}. The table below has the numbers.`}
          draw={(context, size) => drawBars(context, size, values)}
        />
      </div>
      <div class="matrix-row">
        <span class="row-name">Hours listened</span>
        <Plot
          height={24}
          summary={`${title}: hours listened. The table below has the numbers.`}
          draw={(context, size) =>
            drawBars(
              context,
              size,
              columns.map(({ hours }) => hours),
            )
          }
        />
      </div>
      <ColumnAxis columns={columns} />
      <details>
        <summary>As a table. Hatched above: nobody listened</summary>
        <Numbers title={title} columns={columns} counts={counts} />
      </details>
    </section>
  );
}

interface NumbersProps {
  title: string;
  columns: readonly Column[];
  counts: readonly (number | null)[];
}

function Numbers({ title, columns, counts }: NumbersProps) {
  return (
    <table class="numbers">
      <caption class="hidden-visually">{title}</caption>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col" class="number">
            Detections
          </th>
          <th scope="col" class="number">
            Listened
          </th>
          <th scope="col" class="number">
            Per hour
          </th>
        </tr>
      </thead>
      <tbody>
        {columns.map((column, at) => {
          const rate = valueOf(counts[at] ?? null, column, true);
          return (
            <tr key={column.name}>
              <th scope="row">{column.name}</th>
              <td class="number">{counts[at]?.toLocaleString("en") ?? "–"}</td>
              <td class="number">{formatHours(column.hours)}</td>
              <td class="number">{rate === null ? "–" : formatValue(rate, true)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
