import type { Count } from "../api/types";
import { OneAtATime } from "../app/one_at_a_time";
import { useMemo } from "preact/hooks";

import { straightUrl } from "./asked";
import { sayLack } from "./export_words";
import type { ExportFilters } from "./opening";
import { FORMATS, type Format } from "./formats";
import type { ExportJobs } from "./jobs";

interface Props {
  filters: ExportFilters;
  jobs: ExportJobs;
  /** How much there is to export; null: that is not known yet. */
  count: Count | null;
}

/** All formats, each with what it is for; tables come at once, packages and sound are made in the background. */
export function FormatList({ filters, jobs, count }: Props) {
  return (
    <ul class="formats" role="list">
      {FORMATS.map((format) => {
        const lack = count === null ? null : sayLack(count, format.id);
        const isEmpty = count?.count === 0 || lack?.isAll === true;
        return (
          <li key={format.id}>
            <div>
              <strong>{format.name}</strong>
              <p class="soft">{format.says}</p>
              {lack !== null && <p class="lack">{lack.text}</p>}
            </div>
            <FormatAct format={format} filters={filters} jobs={jobs} isEmpty={isEmpty} />
          </li>
        );
      })}
    </ul>
  );
}

interface ActProps extends Omit<Props, "count"> {
  format: Format;
  /** Whether nothing would be in it. */
  isEmpty: boolean;
}

function FormatAct({ format, filters, jobs, isEmpty }: ActProps) {
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
