/** The overview as a file: what is heard by hour or day and how long somebody listened, for a spreadsheet and a report. */
import type { Overview } from "../../api/types";
import { columnsOf, countsOf } from "./columns";
import type { Filters, Unit } from "./filters";

type Cell = string | number | null;

/** A spreadsheet takes what begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Return it as CSV: hours listened and taxa in the first rows; an empty cell where nobody listened. */
export function speciesTable(overview: Overview, by: Unit): string {
  const columns = columnsOf(overview, by);
  const { hours, detections } = overview.total;
  const rows: Cell[][] = [
    ["scientific_name", "common_name", "first_heard", "last_heard", "total", ...columns.map(({ iso }) => iso)],
    ["hours listened", "", "", "", rounded(hours), ...columns.map((each) => rounded(each.hours))],
    ["taxa heard", "", "", "", overview.taxa.length, ...columns.map(({ richness }) => richness)],
    ...overview.taxa.map((taxon) => [
      ...[taxon.scientific_name, taxon.common_name, taxon.first_heard, taxon.last_heard, taxon.detections],
      ...countsOf(taxon, columns, by),
    ]),
    ["all detections", "", "", "", detections, ...columns.map(() => null)],
  ];
  return rows.map((row) => `${row.map(field).join(",")}\r\n`).join("");
}

/** Return the name of the file: `overview_CREEK_confirmed_by-day_2026-05-03_2026-05-09.csv`. */
export function speciesTableName({ by_day }: Overview, by: Unit, { site, reviewed }: Filters): string {
  const days = [by_day[0]?.date, by_day.at(-1)?.date];
  const parts = ["overview", site, reviewed, `by-${by}`, ...days].filter((each) => each != null);
  return `${parts.join("_").replace(/[^\p{L}\p{N}_-]+/gu, "-")}.csv`;
}

function rounded(hours: number | null): number | null {
  return hours === null ? null : Number(hours.toFixed(4));
}

function field(cell: Cell): string {
  const text = cell === null ? "" : String(cell);
  const safe = typeof cell === "string" && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Have the browser save it; the mark at its beginning tells spreadsheets that it is UTF-8. */
export function saveSpeciesTable(overview: Overview, by: Unit, filters: Filters): void {
  const url = URL.createObjectURL(new Blob(["\ufeff", speciesTable(overview, by)], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = speciesTableName(overview, by, filters);
  link.click();
  // The browser reads it after this.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
