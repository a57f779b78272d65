import "./lane_view.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Problem } from "../../../api/problems";
import { useShortcuts } from "../../../app/shortcuts";
import { areAllHidden } from "../human_voices";
import { useModel, type RecordingModel } from "../model";
import { followAnalysis } from "./follow_analysis";
import { followFrames } from "./follow_frames";
import { LaneAxis } from "./LaneAxis";
import { LaneControls } from "./LaneControls";
import { LaneList } from "./LaneList";
import { LaneState } from "./lane_state";
import { Legend } from "./Legend";

/** A lane for each taxon, over the stretch that is shown. */
export function LaneView() {
  const model = useModel();
  const problem = useSignal<Problem | null>(null);
  const tries = useSignal(0);
  const state = useMemo(() => new LaneState(model), [model]);
  useEffect(() => followAnalysis(model, problem, tries), [model]);
  useEffect(() => followFrames(model), [model]);
  useLaneKeys(state);
  const taxa = useComputed(() => model.lanes.value?.taxa.length ?? null);
  if (model.analysis.value === null) return null;
  return (
    <section class="lane-view" aria-label="Who sang when">
      {problem.value !== null && (
        <div class="say bad" role="alert">
          <span>{problem.value.detail}</span>
          <button type="button" onClick={() => tries.value++}>
            Load the lanes again
          </button>
        </div>
      )}
      {taxa.value === null && problem.value === null && <p class="soft on-its-way">Loading the lanes…</p>}
      {taxa.value === 0 && <p class="no-lanes">{sayNothing(model)}</p>}
      {taxa.value !== null && taxa.value > 0 && (
        <>
          <LaneControls state={state} />
          {areAllHidden(model.lanes.value?.taxa ?? []) && (
            <p class="no-lanes">Only human voices were heard, and they are hidden. The settings show them again.</p>
          )}
          <LaneAxis state={state} />
          <LaneList state={state} />
          <Legend state={state} />
        </>
      )}
    </section>
  );
}

function useLaneKeys(state: LaneState): void {
  const keys = useMemo(
    () => [
      { key: "ArrowUp", does: "Lane above", run: () => state.move(-1) },
      { key: "ArrowDown", does: "Lane below", run: () => state.move(1) },
      { key: "Enter", does: "Best event of the lane, then the next", run: () => state.open() },
      { key: "/", does: "Find a taxon", run: () => document.getElementById("find-taxon")?.focus() },
    ],
    [state],
  );
  useShortcuts(keys);
}

function sayNothing(model: RecordingModel): string {
  const analysis = model.analysis.value;
  if (analysis === null) return "";
  const { settings, analyzed_s, terminal } = analysis;
  if (!terminal) return "Nothing was heard yet. Lanes appear here as the analysis goes on.";
  if (analyzed_s === 0) return "Nothing was analyzed, so there are no lanes.";
  return `Nothing reached ${settings.floor}; ${Number(analyzed_s.toFixed(1))} s analyzed.`;
}
