/** Gathers what the stream of changes tells, and hands it on a few times a second: 500 files may be under way at once. */
import { listen } from "../../../api/events";
import type { Analysis, Recording } from "../../../api/types";

export interface Gathered {
  recordings: Map<string, Recording>;
  /** By their own ids. */
  analyses: Map<string, Analysis>;
  /** Ids of recordings that are gone. */
  deleted: Set<string>;
}

export const GATHER_MS = 200;

/** Listen until the returned function is called. `opened`: the stream began anew after a break, all may have changed. */
export function gatherChanges(take: (gathered: Gathered) => void, opened: () => void): () => void {
  let gathered = nothing();
  let timer: ReturnType<typeof setTimeout> | null = null;
  const add = (change: () => void) => {
    change();
    timer ??= setTimeout(() => {
      const taken = gathered;
      [gathered, timer] = [nothing(), null];
      take(taken);
    }, GATHER_MS);
  };
  const followAnalysis = (analysis: Analysis) => add(() => gathered.analyses.set(analysis.id, analysis));
  const stop = listen({
    recording: (recording) =>
      add(() => {
        // Its analyses are told as they were when this was read: what was told of them before is older.
        for (const each of recording.analyses) gathered.analyses.delete(each.id);
        gathered.recordings.set(recording.id, recording);
      }),
    progress: followAnalysis,
    finished: followAnalysis,
    deleted: (id) => add(() => gathered.deleted.add(id)),
    opened,
  });
  return () => {
    stop();
    if (timer !== null) clearTimeout(timer);
  };
}

function nothing(): Gathered {
  return { recordings: new Map(), analyses: new Map(), deleted: new Set() };
}
