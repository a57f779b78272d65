import type { HeardTaxon } from "../../api/types";
import { formatHours, formatValue, valuesOf, type Column } from "./columns";
import type { Filters, Shown } from "./filters";
import { momentInWords, nameOf } from "./words";
import { taxonLink } from "../taxon/taxon_link";

interface Props {
  taxa: readonly HeardTaxon[];
  columns: readonly Column[];
  shown: Shown;
  filters: Filters;
}

/** The same numbers as a table, for those who read rather than look. */
export function MatrixTable({ taxa, columns, shown, filters }: Props) {
  return (
    <div class="matrix-table" tabIndex={0} role="region" aria-label="Table, to be scrolled sideways">
      <table>
        <caption class="hidden-visually">
          {shown.isRate ? "Detections per hour listened" : "Detections"} by {shown.by}; a dash where nobody listened
        </caption>
        <thead>
          <tr>
            <th scope="col">Taxon</th>
            <th scope="col" class="number">
              Detections
            </th>
            <th scope="col">First heard</th>
            <th scope="col">Last heard</th>
            {columns.map((column) => (
              <th key={column.name} scope="col" class="number">
                <abbr title={column.name}>{column.label}</abbr>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">Hours listened</th>
            <td />
            <td />
            <td />
            {columns.map(({ name, hours }) => (
              <td key={name} class="number">
                {hours === null ? "–" : formatHours(hours)}
              </td>
            ))}
          </tr>
          {shown.by === "day" && (
            <tr>
              <th scope="row">Taxa heard</th>
              <td />
              <td />
              <td />
              {columns.map(({ name, richness }) => (
                <td key={name} class="number">
                  {richness ?? "–"}
                </td>
              ))}
            </tr>
          )}
          {taxa.map((taxon) => (
            <TaxonRow key={taxon.scientific_name} {...{ taxon, columns, shown, filters }} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TaxonRow({ taxon, columns, shown, filters }: Omit<Props, "taxa"> & { taxon: HeardTaxon }) {
  return (
    <tr>
      <th scope="row">
        <a href={taxonLink(taxon, filters)}>{nameOf(taxon)}</a> <i class="soft">{taxon.scientific_name}</i>
      </th>
      <td class="number">{taxon.detections.toLocaleString("en")}</td>
      <td>{momentInWords(taxon.first_heard)}</td>
      <td>{momentInWords(taxon.last_heard)}</td>
      {valuesOf(taxon, columns, shown.by, shown.isRate).map((value, at) => (
        <td key={at} class="number">
          {value === null ? "–" : formatValue(value, shown.isRate)}
        </td>
      ))}
    </tr>
  );
}
