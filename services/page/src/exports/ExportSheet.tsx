import "./exports.css";

import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { useLoaded } from "../api/loaded";
import type { Count } from "../api/types";
import { useShortcuts } from "../app/shortcuts";
import { countUrl, isDay, momentOf, sayFilters } from "./asked";
import { asked, closeExport, NO_FILTERS, type ExportFilters } from "./opening";
import { sayCount } from "./export_words";
import { ExportFiles } from "./ExportFiles";
import { FormatList } from "./FormatList";
import { ExportJobs } from "./jobs";
import { CorrectedNotice, ReviewSelect } from "./ReviewSelect";

/** What the view shows, as a file: how many rows it has, in which formats, and the files that were made before. */
export default function ExportSheet() {
  const heading = useRef<HTMLHeadingElement>(null);
  const jobs = useMemo(() => new ExportJobs(), []);
  const filters = asked.value ?? NO_FILTERS;
  const count = useLoaded<Count>(countUrl(filters));
  useLayoutEffect(() => heading.current?.focus(), []);
  useEffect(() => jobs.follow(), [jobs]);
  useShortcuts([{ key: "Escape", does: "Close the sheet", run: closeExport }]);
  const isThere = count.problem.value === null && !count.isLoading.value;
  return (
    <section class="export-sheet" role="dialog" aria-labelledby="export-title">
      <div class="top">
        <h2 id="export-title" ref={heading} tabIndex={-1}>
          Export detections
        </h2>
        <button type="button" onClick={closeExport}>
          Close
        </button>
      </div>
      <p>{sayFilters(filters)}</p>
      <Narrowing filters={filters} />
      {count.problem.value !== null && (
        <p class="say bad" role="alert">
          <span>{count.problem.value.detail}</span>
          <button type="button" onClick={count.reload}>
            Count again
          </button>
        </p>
      )}
      <p class="rows" role="status">
        {isThere && count.value.value !== null ? <strong>{sayCount(count.value.value)}</strong> : "Counting…"}
      </p>
      {isThere && filters.reviewed === "confirmed" && <Corrected filters={filters} confirmed={count.value.value} />}
      <FormatList filters={filters} jobs={jobs} count={isThere ? count.value.value : null} />
      <ExportFiles jobs={jobs} />
    </section>
  );
}

/** How many more there are that a reviewer named otherwise: they are no detections of what was confirmed. */
function Corrected({ filters, confirmed }: { filters: ExportFilters; confirmed: Count | null }) {
  const all: ExportFilters = { ...filters, reviewed: "identified" };
  const identified = useLoaded<Count>(countUrl(all)).value.value;
  if (confirmed === null || identified === null) return null;
  const n = identified.is_exact ? Math.max(identified.count - confirmed.count, 0) : null;
  return <CorrectedNotice n={n} onInclude={() => (asked.value = all)} />;
}

function Narrowing({ filters }: { filters: ExportFilters }) {
  const change = (part: Partial<ExportFilters>) => (asked.value = { ...filters, ...part });
  const day = [filters.from, filters.to].find((each) => each !== null && isDay(each)) ?? null;
  return (
    <div class="narrowing">
      <label>
        Reviews <ReviewSelect value={filters.reviewed} onChange={(reviewed) => change({ reviewed })} />
      </label>
      <label class="switch">
        <input
          type="checkbox"
          checked={filters.hidesVoices}
          onChange={(event) => change({ hidesVoices: event.currentTarget.checked })}
        />
        Leave out human voices
      </label>
      <label class="switch">
        <input
          type="checkbox"
          checked={filters.isThresholded}
          onChange={(event) => change({ isThresholded: event.currentTarget.checked })}
        />
        Only what reaches the saved thresholds
      </label>
      {day !== null && (
        <p class="soft">
          Days begin at midnight by this computer’s clock (UTC{momentOf(day, 0).slice(-6)}); in the overview they are
          those of the recorders.
        </p>
      )}
    </div>
  );
}
