import { fetchJson } from "../../../api/client";
import { may } from "../../../api/session";
import type { Analysis } from "../../../api/types";
import { complain, notify } from "../../../app/notices";
import { formatLength } from "../../../time/clock";
import { useModel } from "../model";
import { QueuePlace } from "./QueuePlace";

/** How far the analysis is, or how it ended, and what can be done about it. Says nothing where all is well. */
export function AnalysisStatus() {
  const model = useModel();
  const analysis = model.analysis.value;
  if (analysis === null) return <p class="say">This recording has not been analyzed yet.</p>;
  if (analysis.state === "queued")
    return (
      <div class="say" role="status">
        <QueuePlace analysis={analysis} />
        <Cancel />
      </div>
    );
  if (analysis.state === "running") return <Running analysis={analysis} />;
  return <Ended analysis={analysis} />;
}

function Running({ analysis }: { analysis: Analysis }) {
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
      <Cancel />
    </div>
  );
}

function Ended({ analysis }: { analysis: Analysis }) {
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
      {analysis.retryable && <Act path="retry" name="Retry" done="Trying again what failed" />}
    </div>
  );
}

const Cancel = () => <Act path="cancel" name="Cancel" done="Cancelled; what was analyzed stays" />;

/** A button that changes the analysis, for those who may. */
function Act({ path, name, done }: { path: "cancel" | "retry"; name: string; done: string }) {
  const model = useModel();
  const run = async () => {
    try {
      const id = model.analysis.value?.id ?? "";
      model.analysis.value = await fetchJson<Analysis>(`/v1/analyses/${id}/${path}`, { method: "POST" });
      notify(done);
    } catch (error) {
      complain(error);
    }
  };
  if (!may("upload")) return <span class="soft">Your key may look at recordings, not change them.</span>;
  return (
    <button type="button" onClick={() => void run()}>
      {name}
    </button>
  );
}
