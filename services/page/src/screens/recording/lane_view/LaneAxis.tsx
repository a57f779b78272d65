import { Plot, type Size } from "../../../drawing/Plot";
import { resolveColor } from "../../../drawing/theme";
import { sharp, timeScale, type TimeScale } from "../../../drawing/time_scale";
import { timeTicks } from "../../../drawing/time_ticks";
import type { LightStretch } from "../../../time/twilight";
import { clockOf, stretchInWords } from "../pictures/times";
import type { LaneState } from "./lane_state";

const TIMES_PX = 18;
const LIGHT_PX = 16;
const FONT = "11px system-ui, sans-serif";
const WORDS: Record<LightStretch["light"], string> = { day: "day", twilight: "twilight", night: "night" };

/** Day and night in words, and the times once more, so that they stand over the lanes however far one scrolls. */
export function LaneAxis({ state }: { state: LaneState }) {
  const { model } = state;
  const hasLight = state.light.value.length > 0;
  return (
    <div class="row lane-axis">
      <div class="gutter soft">{hasLight ? "Sun" : ""}</div>
      <Plot
        height={TIMES_PX + (hasLight ? LIGHT_PX : 0)}
        summary={`${inWords(state)}Times of the lanes, ${stretchInWords(model)}`}
        draw={(context, size) => draw(context, size, state)}
      />
    </div>
  );
}

function inWords(state: LaneState): string {
  const kinds = new Set(visibleLight(state).map(({ light }) => WORDS[light]));
  return kinds.size === 0 ? "" : `${[...kinds].join(", ")}. `;
}

function visibleLight({ light, model }: LaneState): LightStretch[] {
  const [start_s, end_s] = [model.start_s.value, model.start_s.value + model.span_s.value];
  return light.value.filter((each) => each.end_s > start_s && each.start_s < end_s);
}

function draw(context: CanvasRenderingContext2D, size: Size, state: LaneState): void {
  const { model } = state;
  const scale = timeScale(model.start_s.value, model.span_s.value, size.width);
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "center";
  for (const stretch of visibleLight(state)) drawLightWord(context, size, scale, stretch);
  const measure = (text: string) => context.measureText(text).width;
  for (const { x, label, isDay } of timeTicks(scale, clockOf(model), measure)) {
    context.fillStyle = resolveColor("control-line");
    context.fillRect(sharp(x) - 0.5, size.height - (label === "" ? 2 : 4), 1, 4);
    context.fillStyle = resolveColor(isDay ? "ink" : "ink-soft");
    if (label !== "") context.fillText(label, x, size.height - 11);
  }
}

function drawLightWord(context: CanvasRenderingContext2D, size: Size, scale: TimeScale, stretch: LightStretch): void {
  const left = Math.max(0, scale.toX(stretch.start_s));
  const right = Math.min(size.width, scale.toX(stretch.end_s));
  if (stretch.light !== "day") {
    context.fillStyle = resolveColor("night");
    context.globalAlpha = stretch.light === "night" ? 1 : 0.5;
    context.fillRect(left, 0, right - left, LIGHT_PX);
    context.globalAlpha = 1;
  }
  const word = WORDS[stretch.light];
  if (context.measureText(word).width + 8 > right - left) return;
  context.fillStyle = resolveColor("ink-soft");
  context.fillText(word, (left + right) / 2, LIGHT_PX / 2);
}
