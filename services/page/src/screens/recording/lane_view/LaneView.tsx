import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import type { Problem } from "../../../api/problems";
import { useModel } from "../model";
import { followAnalysis } from "./follow_analysis";
import { followFrames } from "./follow_frames";

/** A lane for each taxon, over the stretch that is shown. */
export function LaneView() {
  const model = useModel();
  const problem = useSignal<Problem | null>(null);
  useEffect(() => followAnalysis(model, problem), [model]);
  useEffect(() => followFrames(model), [model]);
  return problem.value === null ? null : <p class="say bad">{problem.value.detail}</p>;
}
