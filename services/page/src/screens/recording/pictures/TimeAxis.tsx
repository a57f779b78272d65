import "./pictures.css";

import { timeMode } from "../../../app/preferences";
import { useShortcuts } from "../../../app/shortcuts";
import { Plot } from "../../../drawing/Plot";
import { AXIS_HEIGHT, drawTimeAxis } from "../../../drawing/time_axis";
import { timeScale } from "../../../drawing/time_scale";
import { formatDay, localTime } from "../../../time/clock";
import { useModel, type RecordingModel } from "../model";
import { clockOf, stretchInWords } from "./times";

const switchTimes = () => (timeMode.value = timeMode.value === "clock" ? "position" : "clock");
const KEYS = [{ key: "t", does: "Times by the recorder’s clock, or from the start", run: switchTimes }];

/** The times of the visible stretch, on the recorder's clock or from the recording's start. */
export function TimeAxis() {
  const model = useModel();
  useShortcuts(KEYS);
  return (
    <div class="row time-axis">
      <Gutter model={model} />
      <Plot
        height={AXIS_HEIGHT}
        summary={`Time axis, ${stretchInWords(model)}`}
        draw={(context, size) =>
          drawTimeAxis(context, timeScale(model.start_s.value, model.span_s.value, size.width), clockOf(model))
        }
      />
    </div>
  );
}

/** Which day it is, and the switch between the two ways of telling times. */
function Gutter({ model }: { model: RecordingModel }) {
  const start = model.recording.value.recorded_at;
  if (start === null)
    return (
      <div class="gutter soft" title="This recording has no start time">
        From its start
      </div>
    );
  const isClock = timeMode.value === "clock";
  const local = localTime(start, model.start_s.value);
  const label = isClock && local !== null ? formatDay(local.date) : "From its start";
  return (
    <div class="gutter">
      <button
        type="button"
        class="quiet small"
        title={isClock ? "Show times from the recording’s start (T)" : "Show the recorder’s clock (T)"}
        onClick={switchTimes}
      >
        {label}
      </button>
    </div>
  );
}
