import { useComputed } from "@preact/signals";

import { timeMode } from "../../../app/preferences";
import { LOADING } from "../../../sound/failures";
import { formatLength, formatPosition, localTime } from "../../../time/clock";
import { useModel } from "../model";

/** Where the cursor is: on the recorder's own clock, or as position. Changes ten times a second, so it draws no more. */
export function PlayerTime({ isLoading }: { isLoading: boolean }) {
  const model = useModel();
  const shown = useComputed(() => {
    const at_s = model.cursor_s.value ?? model.start_s.value;
    const clock = timeMode.value === "clock" ? localTime(model.recording.value.recorded_at, at_s, 1) : null;
    return clock?.time ?? formatPosition(at_s, 1);
  });
  const beside = useComputed(() => {
    const { recorded_at } = model.recording.value;
    const at_s = model.cursor_s.value ?? model.start_s.value;
    if (timeMode.value === "position") return `of ${formatPosition(model.duration_s.value)}`;
    return localTime(recorded_at, at_s)?.date ?? `of ${formatLength(model.duration_s.value)}; start not known`;
  });
  return (
    <div class="time">
      <span class="now number">{shown}</span> <span class="soft number">{isLoading ? LOADING : beside}</span>
    </div>
  );
}
