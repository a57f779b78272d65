import { OneAtATime } from "../app/one_at_a_time";
import { useMemo } from "preact/hooks";

import { straightUrl } from "./asked";
import type { ExportFilters } from "./opening";
import { FORMATS, type Format } from "./formats";
import type { ExportJobs } from "./jobs";

interface Props {
  filters: ExportFilters;
  jobs: ExportJobs;
  /** Whether there is nothing to export. */
  isEmpty: boolean;
}

/** All formats, each with what it is for; tables come at once, packages and sound are made in the background. */
export function FormatList({ filters, jobs, isEmpty }: Props) {
  return (
    <ul class="formats" role="list">
      {FORMATS.map((format) => (
        <li key={format.id}>
          <div>
            <strong>{format.name}</strong>
            <p class="soft">{format.says}</p>
          </div>
          <FormatAct format={format} filters={filters} jobs={jobs} isEmpty={isEmpty} />
        </li>
      ))}
    </ul>
  );
}

function FormatAct({ format, filters, jobs, isEmpty }: Props & { format: Format }) {
  const once = useMemo(() => new OneAtATime(), []);
  if (isEmpty && format.comes !== "of reviews") return <span class="soft">Nothing to save</span>;
  if (format.comes !== "by job") {
    return (
      <a class="button" download="" href={straightUrl(filters, format.id)}>
        Save<span class="hidden-visually"> as {format.name}</span>
      </a>
    );
  }
  return (
    <button
      type="button"
      aria-disabled={once.isBusy.value}
      onClick={() => void once.run(() => jobs.ask(filters, format.id))}
    >
      Make<span class="hidden-visually"> {format.name}</span>
    </button>
  );
}
