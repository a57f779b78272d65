import { untracked, useComputed, useSignalEffect } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { notify } from "../../../app/notices";
import { useShortcuts } from "../../../app/shortcuts";
import { goToNeighbor, nameOf, taxonGoneThrough, type Direction } from "../events/going";
import { stepLater, takeSteps, waitingSteps } from "../events/waiting_steps";
import { useModel, type RecordingModel } from "../model";

/** To the next and the previous event, by button or J and K. */
export function StepButtons() {
  const model = useModel();
  const step = useSteps(model);
  useShortcuts(
    useMemo(
      () => [
        { key: "j", does: "Go to the next event", run: () => step(1) },
        { key: "k", does: "Go to the previous event", run: () => step(-1) },
        { key: "Escape", does: "Select nothing", run: () => selectNothing(model) },
      ],
      [model],
    ),
  );
  const among = useComputed(() => sayAmong(model));
  const isEmpty = (model.events.value ?? []).length === 0;
  return (
    <div class="steps">
      <button type="button" disabled={isEmpty} aria-keyshortcuts="k" onClick={() => step(-1)}>
        Previous<span class="hidden-visually"> event</span> <kbd aria-hidden="true">K</kbd>
      </button>
      <button type="button" disabled={isEmpty} aria-keyshortcuts="j" onClick={() => step(1)}>
        Next<span class="hidden-visually"> event</span> <kbd aria-hidden="true">J</kbd>
      </button>
      <span class="soft">{among}</span>
    </div>
  );
}

/** Keys that are pressed before events are cut wait for them. */
function useSteps(model: RecordingModel): (direction: Direction) => void {
  useSignalEffect(() => {
    if (model.events.value === null || waitingSteps.value.length === 0) return;
    untracked(() => takeSteps().forEach((direction) => go(model, direction)));
  });
  return (direction) => {
    if (model.events.peek() !== null) go(model, direction);
    // Where nothing is being analyzed there is nothing to wait for.
    else if (model.analysis.peek() !== null) stepLater(direction);
  };
}

function go(model: RecordingModel, direction: Direction): void {
  if (goToNeighbor(model, direction)) return;
  const which = direction === 1 ? "last" : "first";
  notify(`There is no event ${direction === 1 ? "after" : "before"} this: it is the ${which} one ${sayAmong(model)}.`);
}

function selectNothing(model: RecordingModel): void {
  model.select(null);
  model.taxon.value = null;
}

/** Which events one goes through: those of a lane, or all. */
function sayAmong(model: RecordingModel): string {
  const taxon = taxonGoneThrough(model);
  const found = taxon === null ? undefined : model.lanes.value?.taxa[taxon];
  return found === undefined ? "of all taxa" : `of ${nameOf(found)}`;
}
