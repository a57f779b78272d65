import { announcement, goingOn, isAllSent, isBusy, items, makeRecordings, obstacle, unasked, zoneless } from "../batch";
import { closeSheet } from "../closing";
import { fields } from "../fields";
import { count, summaryOf } from "../words";
import { FileTable } from "./FileTable";
import { Progress } from "./Progress";
import { SharedFieldsRow } from "./SharedFieldsRow";
import { useFocus } from "./useFocus";
import { ZoneQuestion } from "./ZoneQuestion";

/** The files that are on their way: what they say of themselves, what is asked, and the button that makes recordings. */
export function UploadSheet() {
  const asked = unasked.value.length;
  const { sheet, heading } = useFocus();
  return (
    <section class="upload-sheet" aria-label="Files to upload" ref={sheet}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {titleOf()}
        </h2>
        <Progress />
        <button class="quiet" type="button" onClick={closeSheet} title={whatClosingDoes()}>
          Close
        </button>
      </header>
      {(zoneless.value.length > 0 || fields.value.zone !== null) && asked > 0 && <ZoneQuestion />}
      {asked > 0 && <SharedFieldsRow />}
      <FileTable />
      {asked > 0 && <Go onGone={() => heading.current?.focus()} />}
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

function whatClosingDoes(): string | undefined {
  if (goingOn.value.length === 0) return isBusy.value ? "Deletes what was sent" : undefined;
  return unasked.value.some(({ wasOrdered }) => !wasOrdered) ? "Deletes what is not ordered yet" : "All goes on";
}

/** The button, which goes once all is ordered: whoever pressed it by keyboard goes on from there. */
function Go({ onGone }: { onGone: () => void }) {
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
        onClick={() => {
          makeRecordings();
          onGone();
        }}
      >
        {`Upload ${count(n, "recording")}`}
      </button>
      <span id="upload-obstacle" class="soft">
        {why ??
          (isAllSent.value ? "Everything is sent: this starts the analysis." : "You need not wait until all is sent.")}
      </span>
    </footer>
  );
}
