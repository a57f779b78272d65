import type { ComponentChildren } from "preact";

import { chooseInstant, retry } from "../batch";
import type { UnclearHour } from "../clocks/start";
import type { Item } from "../item";
import { formatBytes } from "../words";

/** What is in the way of a file, in words that say what to do; a row of its own below it. */
export function FileTrouble({ item }: { item: Item }) {
  const state = item.state.value;
  switch (state.at) {
    case "held up":
      return <Row kind="warned">{state.why}</Row>;
    case "unclear hour":
      return (
        <Row kind="warned">
          <HourChoice item={item} hour={state.hour} />
        </Row>
      );
    case "not audio":
      return <Row kind="refused">{state.why}</Row>;
    case "failed":
      return (
        <Row kind="refused">
          {state.why}{" "}
          <button type="button" onClick={() => retry(item)}>
            Retry
          </button>
        </Row>
      );
    case "sending": {
      const resumed = item.resumedBytes.value;
      return resumed > 0 ? <Row kind="soft">Went on at {formatBytes(resumed)}, where it was.</Row> : null;
    }
    default:
      return null;
  }
}

function Row({ kind, children }: { kind: "warned" | "refused" | "soft"; children: ComponentChildren }) {
  return (
    <tr class="trouble">
      <td colSpan={7} class={kind}>
        {children}
      </td>
    </tr>
  );
}

/** Summer time left two instants: a person says which. */
function HourChoice({ item, hour }: { item: Item; hour: UnclearHour }) {
  return (
    <span role="group" aria-label={`Start of ${item.file.name}`}>
      {hour.text} It began at{" "}
      {hour.instants.map((instant) => (
        <button key={instant} type="button" onClick={() => chooseInstant(item, instant)}>
          {instant.slice(11, 19)} {instant.slice(-6)}
        </button>
      ))}
    </span>
  );
}
