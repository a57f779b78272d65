/** Keeps framewise scores around the stretch that is shown, where the pack has frames. */
import { effect } from "@preact/signals";

import { Problem } from "../../../api/problems";
import { complain } from "../../../app/notices";
import { coversStretch, fetchLanes, hasSameTaxa, MOST_FRAMES_S, type Lanes } from "../lanes";
import type { RecordingModel } from "../model";

/** Until the view rests: panning asks once. */
const REST_MS = 150;
const RETRY_MS = 3000;

/** Load frames now and wherever one goes; until the returned function is called. Without frames the model has none. */
export function followFrames(model: RecordingModel): () => void {
  let abort = new AbortController();
  let timer = 0;
  /** The lanes that the frames belong to: newer lanes need newer frames. */
  let loadedFor: Lanes | null = null;
  let framelessId: string | null = null;

  async function load(lanes: Lanes, analysisId: string): Promise<void> {
    abort = new AbortController();
    const { signal } = abort;
    const [from_s, to_s] = aroundStretch(model.start_s.peek(), model.span_s.peek(), model.duration_s.peek());
    try {
      const frames = await fetchLanes(analysisId, { from_s, to_s, frames: true }, signal);
      if (signal.aborted || model.lanes.peek() !== lanes) return;
      if (frames.kind === "windows") framelessId = analysisId;
      else if (hasSameTaxa(frames, lanes)) {
        loadedFor = lanes;
        model.frames.value = frames;
      }
    } catch (error) {
      if (signal.aborted) return;
      const again_ms = delayOf(error);
      if (again_ms === null) complain(error);
      // Short recordings are cut from frames: without them there would be no events.
      else timer = window.setTimeout(() => void load(lanes, analysisId), again_ms);
    }
  }

  const stop = effect(() => {
    const [analysis, lanes] = [model.analysis.value, model.lanes.value];
    const [start_s, span_s] = [model.start_s.value, model.span_s.value];
    const frames = model.frames.peek();
    clearTimeout(timer);
    if (analysis === null || lanes === null || lanes.n === 0 || analysis.id === framelessId) return;
    const covers = frames !== null && coversStretch(frames, start_s, start_s + span_s);
    if (covers && loadedFor === lanes) return;
    abort.abort();
    if (span_s > MOST_FRAMES_S) return;
    timer = window.setTimeout(() => void load(lanes, analysis.id), frames === null ? 0 : REST_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
    abort.abort();
  };
}

/** Return after how long to ask again; null: that does not help. */
function delayOf(error: unknown): number | null {
  // It broke off on its way.
  if (!(error instanceof Problem)) return RETRY_MS;
  if (error.retryAfterS !== null) return error.retryAfterS * 1000;
  return error.status === 0 || error.status >= 500 ? RETRY_MS : null;
}

/** Return the stretch to ask for: as long as may be, with what is shown in its middle. */
export function aroundStretch(start_s: number, span_s: number, duration_s: number): [number, number] {
  if (duration_s <= MOST_FRAMES_S) return [0, duration_s];
  const from_s = Math.min(Math.max(0, start_s + span_s / 2 - MOST_FRAMES_S / 2), duration_s - MOST_FRAMES_S);
  return [from_s, from_s + MOST_FRAMES_S];
}
