import { countUnfinished, isUnattended, queue } from "./queue";
import { countOf } from "../words";

/** Says that nobody is there to analyze what waits: a spinner would turn for ever. */
export function QueueNote() {
  if (queue.value === null || !isUnattended.value) return null;
  const waiting = countUnfinished(queue.value);
  return (
    <p class="say warn" role="status">
      <strong>No worker is running.</strong> {countOf(waiting, "recording")} {waiting === 1 ? "waits" : "wait"} and will
      be analyzed as soon as one is started, by <code>chorus up</code> or <code>chorus worker</code>.
    </p>
  );
}
