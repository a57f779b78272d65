/** How the times of a recording are said: on its recorder's clock, or from its start. */
import { timeMode } from "../../../app/preferences";
import { formatPosition, localTime } from "../../../time/clock";
import type { RecordingModel } from "../model";

/** Return the start on the recorder's clock, null where positions are to be shown. */
export function clockOf(model: RecordingModel): string | null {
  return timeMode.value === "clock" ? model.recording.value.recorded_at : null;
}

/** Return a time of the recording as `04:31:07` or `1:07`. */
export function timeInWords(model: RecordingModel, time_s: number, decimals = 0): string {
  return localTime(clockOf(model), time_s, decimals)?.time ?? formatPosition(time_s, decimals);
}

/** Return a stretch as `04:31:07 to 04:31:12`, with tenths where it is short; the visible one unless another is given. */
export function stretchInWords(model: RecordingModel, start_s?: number, length_s?: number): string {
  const [from_s, span_s] = [start_s ?? model.start_s.value, length_s ?? model.span_s.value];
  const decimals = span_s < 20 ? 1 : 0;
  return `${timeInWords(model, from_s, decimals)} to ${timeInWords(model, from_s + span_s, decimals)}`;
}
