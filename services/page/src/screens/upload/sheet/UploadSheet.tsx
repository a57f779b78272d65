import { announcement, closeSheet, isBusy, items, makeRecordings, obstacle, unasked, zoneless } from "../batch";
import { fields } from "../fields";
import { count, formatBytes, summaryOf } from "../words";
import { FileTable } from "./FileTable";
import { SharedFieldsRow } from "./SharedFieldsRow";
import { ZoneQuestion } from "./ZoneQuestion";

/** The files that are on their way: what they say of themselves, what is asked, and the button that makes recordings. */
export function UploadSheet() {
  const asked = unasked.value.length;
  return (
    <section class="upload-sheet" aria-label="Files to upload">
      <header>
        <h2>{titleOf()}</h2>
        <Progress />
        <button
          class="quiet"
          type="button"
          onClick={closeSheet}
          title={asked > 0 ? "Deletes what was sent" : undefined}
        >
          Close
        </button>
      </header>
      {(zoneless.value.length > 0 || fields.value.zone !== null) && asked > 0 && <ZoneQuestion />}
      {asked > 0 && <SharedFieldsRow />}
      <FileTable />
      {asked > 0 && <Go />}
      <p class="hidden-visually" role="status">
        {announcement.value}
      </p>
    </section>
  );
}

function titleOf(): string {
  const all = items.value;
  if (!isBusy.value) return summaryOf(all);
  if (unasked.value.length > 0) return `${count(all.length, "file")} to upload`;
  return `Making ${count(all.length, "recording")}`;
}

/** How much of all is here. */
function Progress() {
  if (!isBusy.value) return null;
  const total = items.value.reduce((sum, { file }) => sum + file.size, 0);
  const sent = items.value.reduce((sum, { sentBytes }) => sum + sentBytes.value, 0);
  return (
    <span class="progress">
      <progress aria-label="Sent of all files" value={sent} max={Math.max(total, 1)} />
      <span class="soft number">
        {sent < total ? `${formatBytes(sent)} of ${formatBytes(total)}` : `${formatBytes(total)} sent`}
      </span>
    </span>
  );
}

function Go() {
  const n = unasked.value.filter(({ state }) => state.value.at !== "unclear hour").length;
  const why = obstacle.value;
  if (n === 0) return null;
  return (
    <footer>
      <button
        class="primary"
        type="button"
        disabled={why !== null}
        aria-describedby="upload-obstacle"
        onClick={makeRecordings}
      >
        {`Upload ${count(n, "recording")}`}
      </button>
      <span id="upload-obstacle" class="soft">
        {why ?? "You need not wait until all is sent."}
      </span>
    </footer>
  );
}
