import "./pictures.css";

import { timeMode } from "../../../app/preferences";
import { useShortcuts } from "../../../app/shortcuts";
import { Plot, type Size } from "../../../drawing/Plot";
import { resolveColor } from "../../../drawing/theme";
import { sharp, timeScale } from "../../../drawing/time_scale";
import { timeTicks, type Tick } from "../../../drawing/time_ticks";
import { formatDay, localTime } from "../../../time/clock";
import { useModel, type RecordingModel } from "../model";
import { clockOf, stretchInWords } from "./times";

const HEIGHT = 26;
const FONT = "12px system-ui, sans-serif";
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
        height={HEIGHT}
        summary={`Time axis, ${stretchInWords(model)}`}
        draw={(context, size) => draw(context, size, model)}
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

function draw(context: CanvasRenderingContext2D, size: Size, model: RecordingModel): void {
  const scale = timeScale(model.start_s.value, model.span_s.value, size.width);
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  const measure = (text: string) => context.measureText(text).width;
  for (const tick of timeTicks(scale, clockOf(model), measure)) drawTick(context, tick);
}

function drawTick(context: CanvasRenderingContext2D, { x, label, isDay }: Tick): void {
  const length = label === "" ? 4 : 7;
  context.fillStyle = resolveColor(isDay ? "ink" : "control-line");
  context.fillRect(sharp(x) - 0.5, HEIGHT - length, 1, length);
  if (label === "") return;
  context.fillStyle = resolveColor(isDay ? "ink" : "ink-soft");
  context.font = isDay ? `600 ${FONT}` : FONT;
  context.fillText(label, x, HEIGHT - 11);
}
