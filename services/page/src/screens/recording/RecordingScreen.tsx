import "./recording.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Analysis, Recording } from "../../api/types";
import { leaveKeys } from "../../app/leave_keys";
import { path, query } from "../../app/router";
import { followAddress } from "./address";
import { EventPanel } from "./event/EventPanel";
import { EventTable } from "./events/EventTable";
import { ThresholdSlider } from "./events/ThresholdSlider";
import { takeSteps } from "./events/waiting_steps";
import { Facts } from "./facts/Facts";
import { LaneView } from "./lane_view/LaneView";
import { useRecording } from "./loading";
import { ProvideModel, RecordingModel } from "./model";
import { NoRecording } from "./NoRecording";
import { Overview } from "./pictures/Overview";
import { SpectrogramView } from "./pictures/SpectrogramView";
import { TimeAxis } from "./pictures/TimeAxis";
import { Player } from "./player/Player";
import { loadPacks, packs, usualPack } from "../recordings/states/packs";
import { Looking, needsDefaultPack } from "./which_analysis";

const PRODUCT = "Dawn Chorus";

/** One recording: what it looks like, what was heard in it and when, and how it sounds. */
export default function RecordingScreen() {
  const loaded = useRecording(path.value.split("/")[2] ?? "");
  const recording = loaded.recording.value;
  useTitle(recording?.filename ?? null);
  const isUnknown = useSignal(false);
  const mayTell = packs.value === null && !isUnknown.value;
  const isUndecided = recording !== null && mayTell && needsDefaultPack(recording.analyses);
  useEffect(() => {
    // Without them the newest is looked at.
    if (isUndecided) void loadPacks().catch(() => (isUnknown.value = true));
  }, [isUndecided]);
  useEffect(() => () => void takeSteps(), []);
  const asked = query.value.get("analysis");
  const looking = useMemo(() => new Looking(), []);
  if (recording === null || (isUndecided && asked === null && !looking.hasChosen(null)))
    return <NoRecording problem={loaded.problem.value} onRetry={loaded.reload} />;
  const { analysis, newer } = looking.look(recording.analyses, asked, usualPack.value);
  return (
    <>
      {loaded.isDeleted.value && (
        <div class="say bad" role="alert">
          <span>This recording was deleted. What you see is what was left of it in this window.</span>
          <a href="/">See all recordings</a>
        </div>
      )}
      <Shown
        key={analysis?.id}
        recording={recording}
        analysis={analysis}
        newer={isUndecided ? null : newer}
        onAnalysis={loaded.merge}
      />
    </>
  );
}

interface Props {
  recording: Recording;
  analysis: Analysis | null;
  newer: Analysis | null;
  onAnalysis: (analysis: Analysis) => void;
}

/** The view of one analysis: another one has another model, over the same stretch, which the address says. */
function Shown({ recording, analysis, newer, onAnalysis }: Props) {
  const model = useMemo(() => new RecordingModel(recording, analysis), []);
  useEffect(() => {
    const isAll = model.span_s.peek() >= model.duration_s.peek();
    model.recording.value = recording;
    model.analysis.value = analysis;
    model.newer.value = newer;
    // A file may turn out longer than its header says.
    if (isAll) model.show(0, recording.duration_s);
  }, [recording, analysis, newer]);
  useEffect(() => followAddress(model), []);
  useEffect(() => model.reviews.follow(), []);
  const hasAudio = useComputed(() => model.recording.value.audio_removed_at === null);
  return (
    <ProvideModel value={model}>
      <div class="recording">
        <Facts onAnalysis={onAnalysis} />
        <div class="columns" onClick={leaveKeys}>
          <div class="pictures">
            <Overview />
            <TimeAxis />
            <SpectrogramView />
            {hasAudio.value && <Player />}
            <ThresholdSlider />
            <LaneView />
          </div>
          <EventPanel />
        </div>
        <EventTable />
      </div>
    </ProvideModel>
  );
}

function useTitle(name: string | null): void {
  useEffect(() => {
    document.title = name === null ? PRODUCT : `${name} – ${PRODUCT}`;
    return () => void (document.title = PRODUCT);
  }, [name]);
}
