import { useMemo } from "preact/hooks";

import type { Export } from "../api/types";
import { OneAtATime } from "../app/one_at_a_time";
import { sayState, UNFINISHED } from "./export_words";
import { FORMATS } from "./formats";
import type { ExportJobs } from "./jobs";

/** The files that were asked for, the latest first: how far they are, and until when they are kept. */
export function ExportFiles({ jobs }: { jobs: ExportJobs }) {
  const problem = jobs.problem.value;
  return (
    <section class="export-files" aria-label="Files made before">
      <h3>Files made before</h3>
      {problem !== null && (
        <p class="say bad" role="alert">
          <span>{problem.detail}</span>
          <button type="button" onClick={() => void jobs.load()}>
            Load them again
          </button>
        </p>
      )}
      {jobs.all.value.length === 0 && problem === null && (
        <p class="soft">None yet. Packages and sound are kept here for a week.</p>
      )}
      <ul role="list">
        {jobs.all.value.map((each) => (
          <ExportFile key={each.id} file={each} jobs={jobs} />
        ))}
      </ul>
    </section>
  );
}

function ExportFile({ file, jobs }: { file: Export; jobs: ExportJobs }) {
  const once = useMemo(() => new OneAtATime(), []);
  const isGoing = UNFINISHED.includes(file.state);
  const format = FORMATS.find(({ id }) => id === file.format)?.name ?? file.format;
  const name = file.filename ?? `${format}, asked for ${timeOf(file.created_at)}`;
  return (
    <li>
      <div>
        {file.state === "ready" ? (
          <a download={file.filename ?? ""} href={file.links.file ?? ""}>
            {name}
          </a>
        ) : (
          <span>{name}</span>
        )}
        {file.state === "running" && file.items_total !== null && (
          <progress aria-label={name} max={Math.max(file.items_total, 1)} value={file.items_done} />
        )}
        <p class={file.state === "failed" ? "failed" : "soft"}>{sayState(file)}</p>
      </div>
      <button
        type="button"
        class="quiet"
        aria-disabled={once.isBusy.value}
        onClick={() => void once.run(() => jobs.end(file.id))}
      >
        {isGoing ? "Cancel" : "Delete"}
        <span class="hidden-visually"> {name}</span>
      </button>
    </li>
  );
}

function timeOf(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
