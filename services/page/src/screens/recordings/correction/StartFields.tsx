import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

import type { Recording } from "../../../api/types";
import { localTime } from "../../../time/clock";
import { allZones } from "../../upload/clocks/zones";
import { findEarliest, type Moment, type StartChange, type Wanted } from "./changes";
import { ShiftFields } from "./ShiftFields";

interface Props {
  recordings: readonly Recording[];
  wanted: Signal<Wanted>;
}

/** How the start changes: a clock that was off, one in another zone, the right time of the first. */
export function StartFields({ recordings, wanted }: Props) {
  const isOne = recordings.length === 1;
  const timed = recordings.filter((each) => each.recorded_at !== null);
  const start = wanted.value.start;
  const set = (changed: StartChange) => (wanted.value = { ...wanted.value, start: changed });
  return (
    <div class="group">
      <label class="field">
        Start
        <select value={start.kind} onChange={(event) => set(begin(event.currentTarget.value, recordings))}>
          <option value="keep">{isOne ? sayStart(recordings[0]) : "Leave as it is"}</option>
          <option value="shift" disabled={timed.length === 0}>
            The clock was fast or slow
          </option>
          <option value="zone" disabled={timed.length === 0}>
            The clock stood in another zone
          </option>
          <option value="set" disabled={!isOne && timed.length === 0}>
            {isOne ? "Set date and time" : "Set that of the first, move the others along"}
          </option>
          <option value="remove" disabled={timed.length === 0}>
            {isOne ? "Remove the time" : "Remove the time of all"}
          </option>
        </select>
      </label>
      {start.kind === "shift" && (
        <ShiftFields isOne={isOne} by_s={start.by_s} onChange={(by_s) => set({ kind: "shift", by_s })} />
      )}
      {start.kind === "zone" && (
        <>
          <ZoneField zone={start.zone} onChange={(zone) => set({ kind: "zone", zone })} />
          <p class="soft">What the clock showed stays; only its offset from UTC changes.</p>
        </>
      )}
      {start.kind === "set" && <MomentFields start={start} onChange={set} />}
      {start.kind !== "keep" && timed.length < recordings.length && !isOne && (
        <p class="soft">{recordings.length - timed.length} without a time stay without.</p>
      )}
    </div>
  );
}

function sayStart(recording: Recording | undefined): string {
  const start = localTime(recording?.recorded_at ?? null);
  return start === null ? "No time" : `${start.date} ${start.time} ${start.offset}`;
}

function begin(kind: string, recordings: readonly Recording[]): StartChange {
  const first = localTime(findEarliest(recordings)?.recorded_at ?? null);
  switch (kind) {
    case "shift":
      return { kind, by_s: 0 };
    case "zone":
      return { kind, zone: first?.offset ?? "" };
    case "set":
      return { kind, date: first?.date ?? "", time: first?.time ?? "", zone: first?.offset ?? "" };
    case "remove":
      return { kind };
    default:
      return { kind: "keep" };
  }
}

function ZoneField({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  const list = useId();
  return (
    <label class="field">
      The clock’s zone
      <input
        type="text"
        list={list}
        autocomplete="off"
        spellcheck={false}
        placeholder="City, zone or offset"
        value={zone}
        onInput={(event) => onChange(event.currentTarget.value)}
      />
      <datalist id={list}>
        {allZones().map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </label>
  );
}

function MomentFields({ start, onChange }: { start: Moment; onChange: (start: Moment) => void }) {
  return (
    <>
      <div class="pair">
        <label class="field">
          Date
          <input
            type="date"
            required
            value={start.date}
            onInput={(event) => onChange({ ...start, date: event.currentTarget.value })}
          />
        </label>
        <label class="field">
          Time
          <input
            type="time"
            step="1"
            required
            value={start.time}
            onInput={(event) => onChange({ ...start, time: event.currentTarget.value })}
          />
        </label>
      </div>
      <ZoneField zone={start.zone} onChange={(zone) => onChange({ ...start, zone })} />
    </>
  );
}
