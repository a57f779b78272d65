import type { ComponentChildren } from "preact";

import { fetchJson } from "../../../api/client";
import { may } from "../../../api/session";
import type { Analysis } from "../../../api/types";
import { notify } from "../../../app/notices";
import { useOneAtATime } from "../../../app/one_at_a_time";
import { formatLength } from "../../../time/clock";
import { useModel } from "../model";
import { describeWaiting, NO_WORKER, useQueue } from "./queue";

interface Props {
  onAnalysis: (analysis: Analysis) => void;
}

/** How far the analysis is, or how it ended, and what can be done about it. Says nothing where all is well. */
export function AnalysisStatus({ onAnalysis }: Props) {
  const model = useModel();
  const analysis = model.analysis.value;
  const act = async (path: "cancel" | "retry", done: string) => {
    onAnalysis(await fetchJson<Analysis>(`/v1/analyses/${analysis?.id ?? ""}/${path}`, { method: "POST" }));
    notify(done);
  };
  const cancel = <Act name="Cancel" run={() => act("cancel", "Cancelled; what was analyzed stays.")} />;
  const retry = <Act name="Retry" run={() => act("retry", "What was not analyzed is tried again.")} />;
  if (analysis === null) return <p class="say">This recording has not been analyzed yet.</p>;
  if (analysis.state === "queued") return <Waiting analysis={analysis} cancel={cancel} />;
  if (analysis.state === "running") return <Running analysis={analysis} cancel={cancel} />;
  return <Ended analysis={analysis} retry={retry} />;
}

interface GoingOn {
  analysis: Analysis;
  cancel: ComponentChildren;
}

function Waiting({ analysis, cancel }: GoingOn) {
  const queue = useQueue(analysis.id).value;
  return (
    <div class={queue?.workers === 0 ? "say warn" : "say"} role="status">
      <span>{describeWaiting(queue, analysis.id)}</span>
      {cancel}
    </div>
  );
}

function Running({ analysis, cancel }: GoingOn) {
  const queue = useQueue(analysis.id).value;
  const [done, all] = [formatLength(analysis.analyzed_s), formatLength(analysis.duration_s)];
  return (
    <div class="say">
      <progress
        aria-label="Analyzed"
        max={analysis.segments_total}
        value={analysis.segments_done + analysis.segments_failed}
      />
      <span>
        {done} of {all} analyzed
        {analysis.eta_s !== null && `, about ${formatLength(Math.max(1, Math.round(analysis.eta_s)))} left`}. What was
        found so far is shown below.
      </span>
      {cancel}
      {queue?.workers === 0 && <strong>{NO_WORKER}</strong>}
    </div>
  );
}

function Ended({ analysis, retry }: { analysis: Analysis; retry: ComponentChildren }) {
  const model = useModel();
  const [analyzed, lost] = [formatLength(analysis.analyzed_s), formatLength(analysis.failed_s)];
  if (analysis.result === "succeeded") {
    if (model.lanes.value?.taxa.length !== 0) return null;
    return (
      <p class="say">
        Nothing reached {analysis.settings.floor}; {analyzed} analyzed.
      </p>
    );
  }
  const words = {
    partial: `Partly analyzed: ${analyzed} of ${formatLength(analysis.duration_s)}; ${lost} could not be.`,
    failed: `None of it could be analyzed. ${analysis.failures[0]?.reason ?? ""}`,
    cancelled: `Cancelled after ${analyzed}; ${lost} were not analyzed.`,
  };
  return (
    <div class={analysis.result === "failed" ? "say bad" : "say warn"}>
      <span>{words[analysis.result ?? "failed"]}</span>
      {analysis.retryable && retry}
    </div>
  );
}

/** A button that changes the analysis, for those who may. */
function Act({ name, run }: { name: string; run: () => Promise<void> }) {
  const once = useOneAtATime();
  if (!may("upload")) return <span class="soft">Your key may look at recordings, not change them.</span>;
  return (
    <button type="button" aria-disabled={once.isBusy.value} onClick={() => void once.run(run)}>
      {name}
    </button>
  );
}
