import { hidesVoices } from "../../../app/preferences";
import { formatScore } from "../events/threshold_words";
import { isHumanVoice } from "../human_voices";
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

function nextStep({ events, lanes, analysis }: ReturnType<typeof useModel>): string {
  if (analysis.value === null) return "Analyze the recording to find out who sings in it.";
  if (events.value === null) return "The events are on their way.";
  if (events.value.length > 0) return "Choose one in a lane, or press J for the next one.";
  const peak = lanes.value?.taxa.find((taxon) => !hidesVoices.value || !isHumanVoice(taxon))?.peak;
  // Cut off, not rounded: at this threshold there is an event.
  if (peak !== undefined)
    return `Lower the threshold to ${formatScore(Math.floor(peak * 100) / 100)}: the highest score lies there.`;
  return analysis.value.terminal ? "No events were found." : "Events appear here as the analysis goes on.";
}
