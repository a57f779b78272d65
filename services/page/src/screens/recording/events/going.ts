/** From event to event: within the lane that has the focus, else through all. */
import type { RecordingModel, SungEvent } from "../model";
import { timeInWords } from "../pictures/times";
import { neighbor, sharesTime, type Place } from "./event_order";
import { formatConfidence } from "./threshold_words";

export type Direction = 1 | -1;

/** The event that was gone to through all: selecting it gave its lane the focus, but nobody asked for that lane. */
const goneTo = new WeakMap<RecordingModel, SungEvent>();

/** Return the taxon whose events one goes through; null: those of all. */
export function taxonGoneThrough(model: RecordingModel): number | null {
  const [taxon, selected, gone] = [model.taxon.value, model.selected.value, goneTo.get(model)];
  const isByGoing = selected !== null && gone !== undefined && sharesTime(selected, gone) && selected.taxon === taxon;
  return isByGoing ? null : taxon;
}

/** Select the next or previous event; returns whether there was one. */
export function goToNeighbor(model: RecordingModel, direction: Direction): boolean {
  const taxon = taxonGoneThrough(model);
  const found = neighbor(model.events.value ?? [], placeOf(model, direction), direction, taxon);
  if (found === null) return false;
  if (taxon === null) goneTo.set(model, found);
  else goneTo.delete(model);
  model.select(found);
  return true;
}

/** The selected event; else the cursor, or the side of the visible stretch that one comes from. */
function placeOf(model: RecordingModel, direction: Direction): Place {
  const { selected, cursor_s, start_s, span_s } = model;
  if (selected.value !== null) return selected.value;
  if (cursor_s.value !== null) return cursor_s.value;
  return direction === 1 ? start_s.value - 1e-6 : start_s.value + span_s.value;
}

/** Return what is said of the selected event: `European Robin, 04:31:07, 0.94, confirmed`. */
export function sayEvent(model: RecordingModel): string {
  const event = model.selected.value;
  const taxon = event === null ? undefined : model.lanes.value?.taxa[event.taxon];
  if (event === null || taxon === undefined) return "";
  const verdict = model.verdicts.value.get(event)?.verdict ?? [];
  return [nameOf(taxon), timeInWords(model, event.onset_s), formatConfidence(event.confidence)]
    .concat(verdict)
    .join(", ");
}

/** The name that people say; not every taxon has one. */
export function nameOf({ common_name, scientific_name }: { common_name: string; scientific_name: string }): string {
  return common_name === "" ? scientific_name : common_name;
}
