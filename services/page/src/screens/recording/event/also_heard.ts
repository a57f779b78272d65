/** What else sang while an event lasted, by the highest score of each taxon in that stretch. */
import { hidesVoices } from "../../../app/preferences";
import { STEPS } from "../../../cut/rule";
import { isHumanVoice } from "../human_voices";
import { coversStretch, type Lanes } from "../lanes";
import type { RecordingModel, SungEvent } from "../model";

export interface Heard {
  /** Index in `lanes.taxa`. */
  taxon: number;
  score: number;
}

const MOST = 6;

/** Return the taxa other than the event's that reached the floor while it lasted, the highest first. */
export function findAlsoHeard(model: RecordingModel, event: SungEvent): Heard[] {
  const scores = scoresAround(model, event);
  if (scores === null) return [];
  const floor = model.analysis.value?.settings.floor ?? 0;
  const [begin, end] = stepsOf(scores, event);
  const heard = scores.taxa.map((_, taxon) => ({ taxon, score: highest(scores, taxon, begin, end) / STEPS }));
  const isShown = ({ taxon, score }: Heard) => {
    const each = scores.taxa[taxon];
    return score >= floor && taxon !== event.taxon && !(hidesVoices.value && each !== undefined && isHumanVoice(each));
  };
  return heard
    .filter(isShown)
    .sort((one, other) => other.score - one.score)
    .slice(0, MOST);
}

function scoresAround(model: RecordingModel, { onset_s, offset_s }: SungEvent): Lanes | null {
  const frames = model.frames.value;
  return frames !== null && coversStretch(frames, onset_s, offset_s) ? frames : model.lanes.value;
}

/** Return the steps that overlap an event, as a range within the lanes. */
function stepsOf({ first, n, step_s }: Lanes, { onset_s, offset_s }: SungEvent): [number, number] {
  const clip = (step: number) => Math.min(n, Math.max(0, step - first));
  return [clip(Math.floor(onset_s / step_s + 1e-6)), clip(Math.ceil(offset_s / step_s - 1e-6))];
}

function highest({ scores, n }: Lanes, taxon: number, begin: number, end: number): number {
  let most = 0;
  for (let at = taxon * n + begin; at < taxon * n + end; at += 1) most = Math.max(most, scores[at] ?? 0);
  return most;
}
