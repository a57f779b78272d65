/** What is chosen for another analysis: as it stands in the form, and as the service is asked. */
import type { components } from "../../../api/schema";
import type { Analysis, Pack, Recording } from "../../../api/types";

export type AnalysisRequest = components["schemas"]["AnalysisFields"];

/** All as text, as inputs have it; empty: as the pack has it. */
export interface Choice {
  pack: string;
  /** `mix`, `each`, or the number of a channel. */
  channels: string;
  onset_threshold: string;
  offset_threshold: string;
  min_event_s: string;
  min_gap_s: string;
  floor: string;
  occurrence_min: string;
}

const FLOOR = 0.05;
const RULE = ["onset_threshold", "offset_threshold", "min_event_s", "min_gap_s"] as const;

/** Return what to begin with: what the newest analyses of all the recordings have in common, else what is usual. */
export function firstChoice(recordings: readonly Recording[], packs: readonly Pack[]): Choice {
  const before = recordings.map((each) => newestOf(each.analyses));
  const common = <T extends string | number>(read: (analysis: Analysis) => T | null | undefined, usual: T): T => {
    const values = new Set(before.map((each) => (each === null ? usual : (read(each) ?? usual))));
    return values.size === 1 ? ([...values][0] ?? usual) : usual;
  };
  const usualPack = packs.find((each) => each.is_default)?.name ?? packs[0]?.name ?? "";
  const pack = common((each) => each.pack.name, usualPack);
  const rule = (name: string) => String(common<string | number>((each) => each.settings.event_rule?.[name], ""));
  return {
    pack: packs.some((each) => each.name === pack) ? pack : usualPack,
    channels: String(common<string | number>((each) => each.settings.channels, "mix")),
    onset_threshold: rule("onset_threshold"),
    offset_threshold: rule("offset_threshold"),
    min_event_s: rule("min_event_s"),
    min_gap_s: rule("min_gap_s"),
    floor: String(common((each) => each.settings.floor, FLOOR)),
    occurrence_min: String(common<string | number>((each) => each.settings.occurrence_min, "")),
  };
}

/** Return the request of a choice. */
export function requestOf(choice: Choice, pack: Pack | undefined): AnalysisRequest {
  const channel = Number(choice.channels);
  const request: AnalysisRequest = {
    pack: choice.pack,
    channels: Number.isInteger(channel) ? channel : (choice.channels as "mix" | "each"),
    floor: choice.floor === "" ? FLOOR : Number(choice.floor),
  };
  for (const name of RULE) if (choice[name] !== "") request[name] = Number(choice[name]);
  if (choice.occurrence_min !== "" && knowsPlaces(pack)) request.occurrence_min = Number(choice.occurrence_min);
  return request;
}

/** Return whether a pack can leave out taxa that do not occur at a place; one that did not say may try. */
export function knowsPlaces(pack: Pack | undefined): boolean {
  return pack?.has_occurrence !== false;
}

/** Return what is wrong with a choice, in words; null: nothing. */
export function findFault(choice: Choice): string | null {
  const { onset_threshold: onset, offset_threshold: offset } = choice;
  if (onset !== "" && offset !== "" && Number(offset) > Number(onset)) {
    return "An event cannot end at a higher score than it begins at: lower the second threshold.";
  }
  return null;
}

function newestOf(analyses: readonly Analysis[]): Analysis | null {
  return analyses.reduce<Analysis | null>((best, each) => (best === null || each.id > best.id ? each : best), null);
}
