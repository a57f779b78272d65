/** Keeps the model's lanes as new as the analysis that is looked at. */
import { batch, effect, type ReadonlySignal, type Signal } from "@preact/signals";

import { Problem } from "../../../api/problems";
import type { Analysis } from "../../../api/types";
import { fetchLanes, hasSameTaxa, type Lanes } from "../lanes";
import type { RecordingModel } from "../model";

/** While the analysis runs, lanes are fetched again at most this often. */
export const REFRESH_MS = 4000;
const RETRY_MS = 3000;

/** Load lanes now, as the analysis goes on, and when another one is chosen; until the returned function is called. */
export function followAnalysis(
  model: RecordingModel,
  problem: Signal<Problem | null>,
  /** Grows whenever somebody asks to try again. */
  tries: ReadonlySignal<number> | null = null,
): () => void {
  let abort = new AbortController();
  let timer = 0;
  let shownId: string | null = null;
  /** Of which the lanes are there or on their way. */
  let askedState = "";
  let loadedAt = 0;

  async function load(analysis: Analysis): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    askedState = stateOf(analysis);
    try {
      const lanes = await fetchLanes(analysis.id, {}, signal);
      if (signal.aborted) return;
      loadedAt = Date.now();
      problem.value = null;
      replaceLanes(model, lanes);
    } catch (error) {
      if (!signal.aborted) fail(error, analysis);
    }
  }

  function fail(error: unknown, analysis: Analysis): void {
    askedState = "";
    const known = error instanceof Problem;
    problem.value = known ? error : new Problem("broken", 0, "The lanes broke off on their way. Trying again.");
    if (known && error.status > 0 && error.status < 500 && error.retryAfterS === null) return;
    const wait_ms = known && error.retryAfterS !== null ? error.retryAfterS * 1000 : RETRY_MS;
    timer = window.setTimeout(() => void load(analysis), wait_ms);
  }

  const stop = effect(() => {
    const [analysis] = [model.analysis.value, tries?.value];
    clearTimeout(timer);
    if (analysis === null || analysis.id !== shownId) {
      abort.abort();
      askedState = "";
      loadedAt = 0;
      clearLanes(model);
      problem.value = null;
    }
    shownId = analysis?.id ?? null;
    if (analysis === null || askedState === stateOf(analysis)) return;
    const wait_ms = analysis.terminal ? 0 : Math.max(0, loadedAt + REFRESH_MS - Date.now());
    timer = window.setTimeout(() => void load(analysis), wait_ms);
  });
  return () => {
    stop();
    clearTimeout(timer);
    abort.abort();
  };
}

/** What of an analysis tells that its scores have changed. */
function stateOf({ id, state, segments_done, segments_failed, finished_at }: Analysis): string {
  return [id, state, segments_done, segments_failed, finished_at].join(" ");
}

function clearLanes(model: RecordingModel): void {
  batch(() => {
    model.lanes.value = null;
    model.frames.value = null;
    model.events.value = null;
    model.selected.value = null;
    model.taxon.value = null;
  });
}

/** Put newer lanes in place of older ones; the taxon and the event that were looked at stay, wherever they stand now. */
export function replaceLanes(model: RecordingModel, lanes: Lanes): void {
  const before = model.lanes.peek();
  batch(() => {
    if (before !== null && !hasSameTaxa(before, lanes)) {
      const place = new Map(lanes.taxa.map(({ code }, index) => [code, index]));
      const moved = (taxon: number | null) =>
        taxon === null ? null : (place.get(before.taxa[taxon]?.code ?? "") ?? null);
      const selected = model.selected.peek();
      const taxon = moved(selected?.taxon ?? null);
      model.taxon.value = moved(model.taxon.peek());
      model.selected.value = selected === null || taxon === null ? null : { ...selected, taxon };
      model.events.value = null;
      model.frames.value = null;
    }
    model.lanes.value = lanes;
  });
}
