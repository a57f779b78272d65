import { timeMode } from "../../../app/preferences";
import { query } from "../../../app/router";
import { formatPosition, localTime } from "../../../time/clock";
import { useModel } from "../model";

/** A stretch of the recording as a link to it, with a little around it. */
export function Stretch({ start_s, end_s }: { start_s: number; end_s: number }) {
  const recorded_at = useModel().recording.value.recorded_at;
  const name = (position_s: number) =>
    (timeMode.value === "clock" ? localTime(recorded_at, position_s)?.time : null) ?? formatPosition(position_s);
  const around_s = Math.max(1, (end_s - start_s) / 8);
  const to = new URLSearchParams(query.value);
  const from_s = Math.max(0, start_s - around_s);
  to.set("t", String(Number(from_s.toFixed(3))));
  to.set("span", String(Number((end_s + around_s - from_s).toFixed(3))));
  return (
    <a class="number" href={`?${to.toString()}`}>
      {name(start_s)} to {name(end_s)}
    </a>
  );
}
