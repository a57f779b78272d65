import { useSignal } from "@preact/signals";

import { zoneless } from "../batch";
import { allZones, mayBecomeZone, readZone, zoneOfThisComputer } from "../clocks/zones";
import { change, fields } from "../fields";

/** "24 files have a clock without a zone: which is it?" Nothing is made before that is answered or waved off. */
export function ZoneQuestion() {
  const answer = fields.value.zone;
  const n = zoneless.value.length;
  const text = useSignal(answer === null || answer === "without a time" ? "" : answer.zone);
  const here = zoneOfThisComputer();
  const isUnknown = text.value.trim() !== "" && readZone(text.value) === null && !mayBecomeZone(text.value);
  const write = (written: string) => {
    text.value = written;
    const zone = readZone(written);
    change({ zone: zone === null ? null : { zone } });
  };
  return (
    <div
      class={answer === null ? "say warn zone-question" : "say zone-question"}
      role="group"
      aria-labelledby="zone-ask"
    >
      <p id="zone-ask">{question(n, answer === null)}</p>
      <label>
        <span class="hidden-visually">Time zone</span>
        <input
          type="text"
          list="zones"
          autocomplete="off"
          spellcheck={false}
          placeholder="City, zone or offset"
          aria-invalid={isUnknown}
          aria-describedby="zone-help"
          value={text.value}
          onInput={(event) => write(event.currentTarget.value)}
          onChange={() => (text.value = readZone(text.value) ?? text.value)}
        />
      </label>
      <datalist id="zones">
        {allZones().map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {answer === null && text.value === "" && (
        <button type="button" onClick={() => write(here)}>
          {here}, as this computer
        </button>
      )}
      <button
        type="button"
        aria-pressed={answer === "without a time"}
        onClick={() => {
          text.value = "";
          change({ zone: answer === "without a time" ? null : "without a time" });
        }}
      >
        Store without a time
      </button>
      <p id="zone-help" class="soft">
        {isUnknown
          ? `There is no zone of that name. Write a city (Berlin), a zone (Europe/Berlin) or an offset (+02:00).`
          : "A recorder that is not moved to summer time has a fixed offset, such as +01:00."}
      </p>
    </div>
  );
}

function question(n: number, isOpen: boolean): string {
  if (n === 0) return "Time zone of clocks that do not say theirs:";
  const have = n === 1 ? "1 file has" : `${n.toLocaleString("en")} files have`;
  return isOpen ? `${have} a clock without a zone: which is it?` : `${have} a clock without a zone:`;
}
