/** What an analysis warns of, in plain words: what it means for the result, and what to do. */
import type { Analysis, Warning } from "../../../api/types";

type Settings = Pick<Analysis["settings"], "channels">;

export interface Explained {
  title: string;
  /** Empty for a code that this page does not know: then the service's own sentence says it. */
  words: string;
}

/** Return the warnings by code, in the order in which each first comes. */
export function groupWarnings(found: readonly Warning[]): [string, Warning[]][] {
  const groups = new Map<string, Warning[]>();
  for (const each of found) groups.set(each.code, [...(groups.get(each.code) ?? []), each]);
  return [...groups];
}

export function explainWarning(code: string, { channels }: Settings): Explained {
  const isMix = channels === "mix";
  switch (code) {
    case "channels_cancel":
      return {
        title: "The channels cancel each other",
        words: isMix
          ? "A microphone seems to be wired the wrong way round: mixed, the channels are quieter than alone, and birds are missed. Analyze again with each channel."
          : "A microphone seems to be wired the wrong way round. The channels were not mixed here, so nothing is missed.",
      };
    case "channels_differ":
      return {
        title: "The channels differ",
        words: isMix
          ? "If a microphone is broken or covered, it adds noise to the mix. Listen to both; then analyze again with the good channel."
          : "A microphone may be broken or covered. Listen to each channel before you trust what is found in it.",
      };
    case "silence":
      return {
        title: "Digital silence",
        words:
          "Every sample is exactly zero there: the recorder wrote no sound. Nothing can be found in it, though it counts as analyzed. Look at cables, card and battery.",
      };
    case "clipped":
      return {
        title: "Too loud",
        words:
          "The sound is clipped there: loud calls are distorted and may be mistaken. Record with less gain next time.",
      };
    case "length_doubted":
      return {
        title: "The file is shorter than it says",
        words:
          "It was cut off, or its header is damaged. What is there was analyzed; look for a whole copy on the card.",
      };
    case "place_changed":
      return {
        title: "The place or the date was corrected afterwards",
        words:
          "Taxa that did not occur at the old place in that week were left out, and are still missing. Analyze again to find them.",
      };
    default:
      return { title: "Note", words: "" };
  }
}
