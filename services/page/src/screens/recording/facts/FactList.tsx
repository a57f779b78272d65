import { formatLength, localTime } from "../../../time/clock";
import { useModel } from "../model";
import { AnalysisChoice } from "./AnalysisChoice";
import { describeSound, formatPlace, nameOffset } from "./words";

/** Where, when, how long and in what quality, in one line; what is not known is said. */
export function FactList() {
  const recording = useModel().recording.value;
  const start = localTime(recording.recorded_at);
  return (
    <dl class="fact-list">
      <Fact name="Site" value={recording.site ?? "not given"} isUnknown={recording.site === null} />
      {start === null ? (
        <Fact name="Start" value="not known: times are positions in the recording" isUnknown />
      ) : (
        <Fact name="Start" value={`${start.date} ${start.time} ${nameOffset(start.offset)}`} />
      )}
      <Fact name="Length" value={formatLength(recording.duration_s)} />
      <Fact name="Sound" value={describeSound(recording)} />
      <Fact name="Place" value={formatPlace(recording) ?? "not given"} isUnknown={recording.latitude === null} />
      <AnalysisChoice />
    </dl>
  );
}

function Fact({ name, value, isUnknown = false }: { name: string; value: string; isUnknown?: boolean }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class={isUnknown ? "soft" : "number"}>{value}</dd>
    </div>
  );
}
