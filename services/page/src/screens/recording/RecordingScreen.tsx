import "./recording.css";

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson } from "../../api/client";
import type { Recording } from "../../api/types";
import { complain } from "../../app/notices";
import { path } from "../../app/router";
import { EventPanel } from "./event/EventPanel";
import { EventTable } from "./events/EventTable";
import { ThresholdSlider } from "./events/ThresholdSlider";
import { Facts } from "./facts/Facts";
import { LaneView } from "./lane_view/LaneView";
import { ProvideModel, RecordingModel } from "./model";
import { Overview } from "./pictures/Overview";
import { SpectrogramView } from "./pictures/SpectrogramView";
import { TimeAxis } from "./pictures/TimeAxis";
import { Player } from "./player/Player";

/** One recording: what it looks like, what was heard in it and when, and how it sounds. */
export function RecordingScreen() {
  const model = useSignal<RecordingModel | null>(null);
  const id = path.value.split("/")[2] ?? "";
  useEffect(() => {
    fetchJson<Recording>(`/v1/recordings/${id}`)
      .then((recording) => (model.value = new RecordingModel(recording)))
      .catch(complain);
  }, [id]);
  if (model.value === null) return null;
  return (
    <ProvideModel value={model.value}>
      <div class="recording">
        <Facts />
        <div class="columns">
          <div class="pictures">
            <Overview />
            <TimeAxis />
            <SpectrogramView />
            <Player />
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
