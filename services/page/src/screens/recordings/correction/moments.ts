/** Starts of recordings, moved: `2026-05-03T04:30:00.25+02:00` keeps its fraction of a second whatever is done to it. */

const START = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

interface Start {
  /** The recorder's clock, in whole seconds as if it stood in Greenwich. */
  clock_s: number;
  fraction: string;
  offset_s: number;
}

/** A clock that showed this time twice, or never: summer time began or ended. */
export class UnclearHour extends Error {}

/** Return the start some whole seconds later (or earlier), in the same offset from UTC. */
export function shiftStart(start: string, by_s: number): string {
  const { clock_s, fraction, offset_s } = read(start);
  return write(clock_s + by_s, fraction, offset_s);
}

/** Return how many seconds a start is after another one; fractions of a second are left out. */
export function secondsBetween(earlier: string, later: string): number {
  return utcSeconds(later) - utcSeconds(earlier);
}

/** Return the same moment as a clock with this offset shows it. */
export function inOffset(start: string, offset: string): string {
  const { clock_s, fraction, offset_s } = read(start);
  const wanted = offsetSeconds(offset);
  return write(clock_s - offset_s + wanted, fraction, wanted);
}

/** Return the start with the same time on the clock, which stood in this zone: an IANA name or `+02:00`. */
export function inZone(start: string, zone: string): string {
  const { clock_s, fraction } = read(start);
  if (isOffset(zone)) return write(clock_s, fraction, offsetSeconds(zone));
  // An offset is right if the zone has it at the moment that it makes of the clock; those of the days around suffice.
  const candidates = [...new Set([-86_400, 86_400].map((days) => zoneOffset(zone, clock_s + days)))];
  const [offset, other] = candidates.filter((each) => zoneOffset(zone, clock_s - each) === each);
  const shown = new Date(clock_s * 1000).toISOString().slice(0, 19).replace("T", " ");
  if (offset === undefined) throw new UnclearHour(`${shown} was skipped in ${zone}, when summer time began.`);
  if (other !== undefined) {
    const [one, two] = [offset, other].map(formatOffset);
    throw new UnclearHour(`${shown} came twice in ${zone}: write ${one} or ${two} in place of the zone.`);
  }
  return write(clock_s, fraction, offset);
}

/** Return a start of what stands in a form: a date, a time and the zone of the clock. */
export function composeStart(date: string, time: string, zone: string): string {
  const whole = time.length === 5 ? `${time}:00` : time;
  return inZone(`${date}T${whole}Z`, zone);
}

/** Return the offset from UTC of a start, as `+02:00`. */
export function offsetOf(start: string): string {
  return formatOffset(read(start).offset_s);
}

function isOffset(text: string): boolean {
  return /^[+-]\d\d:\d\d$/.test(text);
}

function read(start: string): Start {
  const found = START.exec(start);
  if (found === null) throw new Error(`${start} is no start`);
  const [, clock = "", fraction = "", zone = ""] = found;
  return { clock_s: Date.parse(`${clock}Z`) / 1000, fraction, offset_s: zone === "Z" ? 0 : offsetSeconds(zone) };
}

/** As the service writes it, `Z` where it stood in UTC: what is the same must read the same. */
function write(clock_s: number, fraction: string, offset_s: number): string {
  return `${new Date(clock_s * 1000).toISOString().slice(0, 19)}${fraction}${offset_s ? formatOffset(offset_s) : "Z"}`;
}

function utcSeconds(start: string): number {
  const { clock_s, offset_s } = read(start);
  return clock_s - offset_s;
}

function offsetSeconds(offset: string): number {
  const [hours = 0, minutes = 0] = offset.slice(1).split(":").map(Number);
  return (offset.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60);
}

function formatOffset(offset_s: number): string {
  const minutes = Math.abs(offset_s) / 60;
  const [h, m] = [Math.floor(minutes / 60), minutes % 60].map((each) => String(each).padStart(2, "0"));
  return `${offset_s < 0 ? "-" : "+"}${h}:${m}`;
}

/** Return a zone's offset from UTC at a moment, in seconds. */
function zoneOffset(zone: string, utc_s: number): number {
  const format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
  const name = format.formatToParts(new Date(utc_s * 1000)).find((each) => each.type === "timeZoneName")?.value ?? "";
  const offset = name.replace("GMT", "").replace("−", "-");
  return offset === "" ? 0 : offsetSeconds(offset.padEnd(6, ":00"));
}
