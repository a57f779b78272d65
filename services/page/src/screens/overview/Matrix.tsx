import { useComputed, useSignal, type Signal } from "@preact/signals";

import type { HeardTaxon, Overview } from "../../api/types";
import { Plot } from "../../drawing/Plot";
import { columnsOf, formatHours, formatValue, highestOf, valuesOf, type Column } from "./columns";
import { ColumnAxis } from "./ColumnAxis";
import { drawBars, drawCells, ROW_PX } from "./draw_cells";
import type { Filters, Shown } from "./filters";
import { MatrixTable } from "./MatrixTable";
import { saveSpeciesTable } from "./species_table";
import { count, momentInWords, nameOf } from "./words";
import { taxonLink } from "../taxon/taxon_link";

interface Props {
  overview: Overview;
  shown: Shown;
  filters: Filters;
}

/** So many rows come at once: a canvas has its limits, and so has whoever reads it. */
const ROWS = 50;
const BAR_PX = 36;

/** Taxa by hour or day, as a picture and as a table. */
export function Matrix({ overview, shown, filters }: Props) {
  const n = useSignal(ROWS);
  const isTable = useSignal(false);
  const pointed = useSignal<string | null>(null);
  const columns = columnsOf(overview, shown.by);
  const taxa = overview.taxa.slice(0, n.value);
  const values = overview.taxa.map((taxon) => valuesOf(taxon, columns, shown.by, shown.isRate));
  const blocks = Array.from({ length: Math.ceil(taxa.length / ROWS) }, (_, at) => at * ROWS);
  const unit = shown.by === "hour" ? "hour of the day" : "day";
  return (
    <section class="matrix" aria-label={`Taxa by ${unit}`}>
      <p>
        <button type="button" aria-expanded={isTable.value} onClick={() => (isTable.value = !isTable.value)}>
          {isTable.value ? "Show as picture" : "Show as table"}
        </button>{" "}
        <button type="button" onClick={() => saveSpeciesTable(overview, shown.by, filters)}>
          Save table
        </button>
      </p>
      {columns.length === 0 && <p class="soft">No recording here has a start: choose hours or days once one has.</p>}
      {columns.length > 0 && isTable.value && (
        <MatrixTable taxa={taxa} columns={columns} shown={shown} filters={filters} />
      )}
      {columns.length > 0 && !isTable.value && (
        <>
          <Bars name="Hours listened" columns={columns} values={columns.map(({ hours }) => hours)} pointed={pointed} />
          {shown.by === "day" && (
            <Bars name="Taxa heard" columns={columns} values={columns.map((each) => each.richness)} pointed={pointed} />
          )}
          <ColumnAxis columns={columns} />
          {blocks.map((from) => (
            <Block
              key={from}
              taxa={taxa.slice(from, from + ROWS)}
              values={values.slice(from, from + ROWS)}
              {...{ columns, shown, filters, pointed }}
              highest={highestOf(values)}
            />
          ))}
          <p class="pointed" aria-hidden="true">
            {pointed.value ?? "Hatched: nobody listened. Empty: somebody listened, and it was not heard."}
          </p>
        </>
      )}
      {overview.taxa.length > n.value && (
        <button type="button" onClick={() => (n.value += ROWS)}>
          Show {Math.min(ROWS, overview.taxa.length - n.value)} more of {count(overview.taxa.length, "taxon", "taxa")}
        </button>
      )}
    </section>
  );
}

interface BarsProps {
  name: string;
  columns: readonly Column[];
  values: readonly (number | null)[];
  pointed: Signal<string | null>;
}

function Bars({ name, columns, values, pointed }: BarsProps) {
  const highest = Math.max(0, ...values.map((each) => each ?? 0));
  const isHours = name === "Hours listened";
  const words = (value: number | null) => (isHours ? formatHours(value) : count(value ?? 0, "taxon", "taxa"));
  return (
    <div class="matrix-row">
      <span class="row-name">
        {name} <span class="soft">up to {words(highest)}</span>
      </span>
      <Plot
        height={BAR_PX}
        summary={`${name}: ${columns.map((column, at) => `${column.name} ${words(values[at] ?? null)}`).join(", ")}`}
        draw={(context, size) => drawBars(context, size, values)}
        onPointerMove={(event) => {
          const at = columnAt(event, columns.length);
          const column = columns[at];
          const value = values[at] ?? null;
          if (column !== undefined)
            pointed.value = `${column.name}: ${value === null ? "nobody listened" : `${words(value)}${isHours ? " listened" : ""}`}`;
        }}
        onPointerLeave={() => (pointed.value = null)}
      />
    </div>
  );
}

interface BlockProps extends Pick<Props, "shown" | "filters"> {
  taxa: readonly HeardTaxon[];
  values: readonly (readonly (number | null)[])[];
  columns: readonly Column[];
  highest: number;
  pointed: Signal<string | null>;
}

function Block({ taxa, values, columns, shown, filters, highest, pointed }: BlockProps) {
  const summary = useComputed(
    () => `${count(taxa.length, "taxon", "taxa")} by ${shown.by}. “Show as table” says the same in numbers.`,
  ).value;
  const point = (event: PointerEvent) => {
    const row = Math.floor(event.offsetY / ROW_PX);
    const at = columnAt(event, columns.length);
    const [taxon, column] = [taxa[row], columns[at]];
    if (taxon === undefined || column === undefined) return;
    pointed.value = `${nameOf(taxon)}, ${column.name}: ${sayCell(values[row]?.[at] ?? null, column, shown)}`;
  };
  return (
    <div class="matrix-row">
      <ol class="row-names" role="list">
        {taxa.map((taxon) => (
          <li key={taxon.scientific_name} title={`${nameOf(taxon)}, ${taxon.scientific_name}`}>
            <a href={taxonLink(taxon, filters)}>
              {nameOf(taxon)} {nameOf(taxon) !== taxon.scientific_name && <i class="soft">{taxon.scientific_name}</i>}
            </a>
            <span class="number">{taxon.detections.toLocaleString("en")}</span>
          </li>
        ))}
      </ol>
      <Plot
        height={taxa.length * ROW_PX}
        summary={summary}
        draw={(context, size) => drawCells(context, size, values, highest, shown.isRate)}
        onPointerMove={point}
        onPointerLeave={() => (pointed.value = null)}
      />
      <ol class="row-ends soft" role="list" aria-label="First and last heard">
        {taxa.map((taxon) => (
          <li key={taxon.scientific_name}>
            {momentInWords(taxon.first_heard)} to {momentInWords(taxon.last_heard)}
          </li>
        ))}
      </ol>
    </div>
  );
}

function columnAt(event: PointerEvent, n: number): number {
  return Math.floor((event.offsetX / (event.currentTarget as HTMLElement).clientWidth) * n);
}

function sayCell(value: number | null, column: Column, { isRate }: Shown): string {
  if (value === null) return "nobody listened";
  const counted = isRate ? `${formatValue(value, true)} an hour` : count(value, "detection");
  return `${counted}, ${formatHours(column.hours)} listened`;
}
