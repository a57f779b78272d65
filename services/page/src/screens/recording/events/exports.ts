/** The API's exports of the events that are shown: the same threshold, the same taxa. */
import { hidesVoices } from "../../../app/preferences";
import { isHumanVoice } from "../human_voices";
import type { RecordingModel } from "../model";

export const FORMATS = [
  ["csv", "CSV"],
  ["raven", "Raven"],
  ["audacity", "Audacity"],
  ["birdnet", "BirdNET"],
  ["ndjson", "NDJSON"],
] as const;

/** Return the address of an export of one taxon's events (null: of all that are shown). */
export function exportLink(model: RecordingModel, format: string, taxon: number | null): string {
  const query = new URLSearchParams({ format });
  const threshold = model.threshold.value;
  if (threshold !== null) query.set("onset_threshold", String(threshold));
  for (const code of codesShown(model, taxon)) query.append("taxon", code);
  return `/v1/analyses/${model.analysis.value?.id ?? ""}/detections?${query.toString()}`;
}

/** Return the codes to ask for; none where all taxa are shown. */
function codesShown(model: RecordingModel, taxon: number | null): string[] {
  const taxa = model.lanes.value?.taxa ?? [];
  if (taxon !== null) return taxa.slice(taxon, taxon + 1).map(({ code }) => code);
  if (!hidesVoices.value || !taxa.some(isHumanVoice)) return [];
  const sung = new Set((model.events.value ?? []).map((event) => event.taxon));
  // Naming none would ask for all: where nothing sang, all but the voices are named.
  const shown = taxa.filter((each, at) => (sung.size > 0 ? sung.has(at) : !isHumanVoice(each)));
  return shown.map(({ code }) => code);
}
