import { formatScore } from "../events/threshold_words";
import { useModel } from "../model";

/** Nothing is selected: the one thing to do next. */
export function NoEvent() {
  const model = useModel();
  return (
    <>
      <h2>No event selected</h2>
      <p class="soft">{nextStep(model)}</p>
    </>
  );
}

function nextStep({ events, lanes, threshold, analysis }: ReturnType<typeof useModel>): string {
  if (analysis.value === null) return "Analyze the recording to find out who sings in it.";
  if (events.value === null) return "The events are on their way.";
  if (events.value.length > 0) return "Choose one in a lane, or press J for the next one.";
  const peak = lanes.value?.taxa[0]?.peak;
  if (peak === undefined && !analysis.value.terminal) return "Events appear here as the analysis goes on.";
  if (peak === undefined) return "Nothing reached the lowest score that is kept.";
  // Cut off, not rounded: at this threshold there is an event.
  const highest = Math.floor(peak * 100) / 100;
  const step = `Lower the threshold to ${formatScore(highest)}: the highest score lies there.`;
  return threshold.value === null ? step : `Nothing reached ${formatScore(threshold.value)}. ${step}`;
}
