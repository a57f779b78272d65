import { chooseInstant, retry } from "../batch";
import type { UnclearHour } from "../clocks/start";
import type { Item } from "../item";
import { formatBytes } from "../words";

/** How far a file is, in words. */
export function FileState({ item }: { item: Item }) {
  const state = item.state.value;
  switch (state.at) {
    case "waiting":
      return <>Waiting</>;
    case "sending":
      return <Bar item={item} />;
    case "held up":
      return <span class="held-up">{state.why}</span>;
    case "here":
      return <>{item.order.value === null ? "Sent" : "Sent, next in line"}</>;
    case "making":
      return <>Making the recording…</>;
    case "unclear hour":
      return <HourChoice item={item} hour={state.hour} />;
    case "made":
      return (
        <>
          Made. <Open item={item} recordingId={state.recordingId} />
        </>
      );
    case "known":
      return (
        <>
          Was here already. <Open item={item} recordingId={state.recordingId} />
        </>
      );
    case "twice":
      return <>{state.why}</>;
    case "not audio":
      return <span class="refused">Not audio: {state.why}</span>;
    case "failed":
      return (
        <span class="refused">
          {state.why}{" "}
          <button type="button" onClick={() => retry(item)}>
            Retry
          </button>
        </span>
      );
  }
}

function Open({ item, recordingId }: { item: Item; recordingId: string }) {
  return (
    <a href={`/recordings/${recordingId}`} aria-describedby={`upload-${item.id}`}>
      Open
    </a>
  );
}

function Bar({ item }: { item: Item }) {
  const resumed = item.resumedBytes.value;
  return (
    <>
      <progress
        aria-label={`Sent of ${item.file.name}`}
        value={item.sentBytes.value}
        max={Math.max(item.file.size, 1)}
      />
      {resumed > 0 && <span class="soft"> resumed at {formatBytes(resumed)}</span>}
    </>
  );
}

/** Summer time left two instants: a person says which. */
function HourChoice({ item, hour }: { item: Item; hour: UnclearHour }) {
  return (
    <span class="hour" role="group" aria-label={`Start of ${item.file.name}`}>
      {hour.text} It began at{" "}
      {hour.instants.map((instant) => (
        <button key={instant} type="button" onClick={() => chooseInstant(item, instant)}>
          {instant.slice(11, 19)} {instant.slice(-6)}
        </button>
      ))}
    </span>
  );
}
