/** The API's exports of the events that are shown: the same threshold, the same taxa. */
import { hidesVoices } from "../../../app/preferences";
import { isHumanVoice } from "../human_voices";
import type { LaneTaxon } from "../lanes";
import type { RecordingModel } from "../model";

/** Return the address of an export of one taxon's events (null: of all that are shown); null: none are to be saved. */
export function exportLink(model: RecordingModel, format: string, taxon: number | null): string | null {
  const codes = codesToSave(model, taxon);
  if (codes?.length === 0) return null;
  const query = new URLSearchParams({ format });
  const threshold = model.threshold.value;
  if (threshold !== null) query.set("onset_threshold", String(threshold));
  for (const code of codes ?? []) query.append("taxon", code);
  return `/v1/analyses/${model.analysis.value?.id ?? ""}/detections?${query.toString()}`;
}

/** Say why there is nothing to save; null: there is. */
export function sayNothingToSave(model: RecordingModel, taxon: number | null): string | null {
  if (codesToSave(model, taxon)?.length !== 0) return null;
  if (model.lanes.value === null) return "The events are on their way.";
  return "There are no events to save: only human voices were heard, and they are hidden in the settings.";
}

/** Return the codes to ask for, without voices that are hidden; null where all taxa are meant: naming none asks for all. */
function codesToSave(model: RecordingModel, taxon: number | null): string[] | null {
  if (taxon === null && !hidesVoices.value) return null;
  const taxa = model.lanes.value?.taxa ?? [];
  const asked = taxon === null ? taxa : taxa.slice(taxon, taxon + 1);
  const shown = hidesVoices.value ? asked.filter((each) => !isHumanVoice(each)) : asked;
  const isAll = model.lanes.value !== null && shown.length === taxa.length;
  return isAll ? null : fewest(model, shown).map(({ code }) => code);
}

/** Of many taxa most may have no event: an address should not name hundreds of them. */
function fewest(model: RecordingModel, shown: readonly LaneTaxon[]): readonly LaneTaxon[] {
  const sung = new Set(model.events.value?.map((event) => model.lanes.value?.taxa[event.taxon]));
  const named = shown.filter((each) => sung.has(each));
  return named.length > 0 ? named : shown;
}
