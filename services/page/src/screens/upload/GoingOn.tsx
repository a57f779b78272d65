import { announcement, goingOn, isBusy, isSheetOpen, items, unasked } from "./batch";
import { closeSheet } from "./closing";
import { Progress } from "./sheet/Progress";
import { count, summaryOf } from "./words";

/** Stands for the sheet once it is closed, as long as what was ordered goes on or went wrong. */
export function GoingOn() {
  const asking = unasked.value.length;
  return (
    <div class={asking > 0 ? "say warn going-on" : "say going-on"} role="group" aria-label="Uploads that go on">
      <span>{isBusy.value ? whatGoesOn() : summaryOf(items.value)}</span>
      <Progress />
      {asking > 0 && <span>{count(asking, "file")} cannot go on before you have answered a question.</span>}
      <button type="button" onClick={() => (isSheetOpen.value = true)}>
        Show files
      </button>
      {goingOn.value.length === 0 && (
        <button class="quiet" type="button" onClick={closeSheet}>
          Dismiss
        </button>
      )}
      <p class="hidden-visually" role="status">
        {announcement.value}
      </p>
    </div>
  );
}

/** `22 uploads go on, 2 are done.` */
function whatGoesOn(): string {
  const going = goingOn.value.length;
  const done = items.value.length - going - unasked.value.length;
  const parts = [`${count(going, "upload")} ${going === 1 ? "goes" : "go"} on`];
  if (done > 0) parts.push(`${done.toLocaleString("en")} ${done === 1 ? "is" : "are"} done`);
  return `${parts.join(", ")}.`;
}
