/** What a correction changes of each recording: only what was touched, and of the start each one's own. */
import type { Recording } from "../../../api/types";
import { readZone } from "../../upload/clocks/zones";
import { composeStart, inOffset, inZone, offsetOf, secondsBetween, shiftStart, UnclearHour } from "./moments";

/** Fields of `PATCH /v1/recordings/{id}`; what is absent stays. */
export type Fields = Partial<Pick<Recording, "site" | "latitude" | "longitude" | "recorded_at">>;

export interface Change {
  recording: Recording;
  fields: Fields;
}

/** How the start is to change. */
export type StartChange =
  | { kind: "keep" }
  /** The clock was wrong by this much: all move. */
  | { kind: "shift"; by_s: number }
  /** What the clock showed is right, the offset from UTC was not. */
  | { kind: "zone"; zone: string }
  /** The earliest began here; the others keep their distance from it. */
  | { kind: "set"; date: string; time: string; zone: string }
  | { kind: "remove" };

export type Moment = Extract<StartChange, { kind: "set" }>;

/** What stands in the form; null: not touched. Empty texts take a value away. */
export interface Wanted {
  site: string | null;
  place: { latitude: string; longitude: string } | null;
  start: StartChange;
}

/** What was wanted cannot be: the message says why. */
export class Impossible extends Error {}

/** Return what changes; recordings of which nothing changes are left out. Throws Impossible. */
export function planChanges(recordings: readonly Recording[], wanted: Wanted): Change[] {
  const same: Fields = { ...siteOf(wanted), ...placeOf(wanted) };
  const move = planStarts(recordings, wanted.start);
  return recordings
    .map((recording) => ({ recording, fields: onlyNew(recording, { ...same, ...move(recording) }) }))
    .filter(({ fields }) => Object.keys(fields).length > 0);
}

/** Return what takes changes back: the old values, exactly. */
export function planUndo(changes: readonly Change[]): Change[] {
  return changes.map(({ recording, fields }) => ({
    recording: { ...recording, ...fields },
    fields: Object.fromEntries(Object.keys(fields).map((name) => [name, recording[name as keyof Fields]])),
  }));
}

function siteOf({ site }: Wanted): Fields {
  return site === null ? {} : { site: site.trim() === "" ? null : site.trim() };
}

function placeOf({ place }: Wanted): Fields {
  if (place === null) return {};
  const [north, east] = [place.latitude.trim(), place.longitude.trim()];
  if (north === "" && east === "") return { latitude: null, longitude: null };
  if (north === "" || east === "") throw new Impossible("Latitude and longitude belong together: write both, or none.");
  const [latitude, longitude] = [Number(north.replace(",", ".")), Number(east.replace(",", "."))];
  if (!(Math.abs(latitude) <= 90)) throw new Impossible("The latitude lies between −90 and 90 degrees.");
  if (!(Math.abs(longitude) <= 180)) throw new Impossible("The longitude lies between −180 and 180 degrees.");
  return { latitude, longitude };
}

function planStarts(recordings: readonly Recording[], start: StartChange): (recording: Recording) => Fields {
  switch (start.kind) {
    case "keep":
      return () => ({});
    case "remove":
      return () => ({ recorded_at: null });
    case "shift":
      return movedBy((at) => shiftStart(at, start.by_s));
    case "zone": {
      const zone = zoneOf(start.zone);
      return movedBy((at) => inZone(at, zone));
    }
    case "set":
      return planSet(recordings, start);
  }
}

/** Recordings without a start have nothing to move. */
function movedBy(move: (start: string) => string): (recording: Recording) => Fields {
  return ({ recorded_at, filename }) => {
    try {
      return recorded_at === null ? {} : { recorded_at: move(recorded_at) };
    } catch (error) {
      if (error instanceof UnclearHour) throw new Impossible(`${filename}: ${error.message}`);
      throw error;
    }
  };
}

function planSet(recordings: readonly Recording[], start: Moment): (recording: Recording) => Fields {
  const set = momentOf(start);
  const first = findEarliest(recordings)?.recorded_at ?? null;
  if (first === null) {
    if (recordings.length > 1) throw new Impossible("None of them has a time yet: set that of one after the other.");
    return () => ({ recorded_at: set });
  }
  const by_s = secondsBetween(first, set);
  // The earliest has what was written; a fraction of a second that the form does not show stays out of it.
  return ({ recorded_at }) => {
    if (recorded_at === null) return {};
    return { recorded_at: recorded_at === first ? set : inOffset(shiftStart(recorded_at, by_s), offsetOf(set)) };
  };
}

function momentOf({ date, time, zone }: Moment): string {
  if (date === "" || time === "") throw new Impossible("Write a date and a time.");
  try {
    return composeStart(date, time, zoneOf(zone));
  } catch (error) {
    if (error instanceof UnclearHour) throw new Impossible(error.message);
    throw error;
  }
}

function zoneOf(written: string): string {
  const zone = readZone(written);
  if (zone === null) throw new Impossible("Write the clock’s zone: a city, as Berlin, or an offset, as +02:00.");
  return zone;
}

/** Return the recording that began first; null: none has a time. */
export function findEarliest(recordings: readonly Recording[]): Recording | null {
  return recordings.reduce<Recording | null>((first, each) => {
    if (each.recorded_at === null) return first;
    if (first === null || first.recorded_at === null) return each;
    return Date.parse(each.recorded_at) < Date.parse(first.recorded_at) ? each : first;
  }, null);
}

function onlyNew(recording: Recording, fields: Fields): Fields {
  const isNew = Object.entries(fields).filter(([name, value]) => recording[name as keyof Fields] !== value);
  const found = Object.fromEntries(isNew) as Fields;
  // The service takes coordinates together only.
  if ("latitude" in found || "longitude" in found) {
    return { ...found, latitude: fields.latitude ?? null, longitude: fields.longitude ?? null };
  }
  return found;
}
