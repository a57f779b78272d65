/** Time zones as people search for them: by city, by IANA name, or as a fixed offset from UTC. */

/** The offsets in use, for recorders that are set to none of the zones. */
const OFFSETS = [
  ..."-12:00 -11:00 -10:00 -09:30 -09:00 -08:00 -07:00 -06:00 -05:00 -04:00 -03:30 -03:00 -02:00 -01:00".split(" "),
  ..."+00:00 +01:00 +02:00 +03:00 +03:30 +04:00 +04:30 +05:00 +05:30 +05:45 +06:00 +06:30 +07:00".split(" "),
  ..."+08:00 +08:45 +09:00 +09:30 +10:00 +10:30 +11:00 +12:00 +12:45 +13:00 +14:00".split(" "),
];

/** What people search for by today's names, where browsers list older ones. */
const NEWER_NAMES = (
  "Africa/Asmara America/Argentina/Buenos_Aires America/Nuuk Asia/Ho_Chi_Minh Asia/Kathmandu Asia/Kolkata " +
  "Asia/Yangon Atlantic/Faroe Europe/Kyiv Pacific/Chuuk Pacific/Pohnpei"
).split(" ");

let names: string[] | null = null;

/** Return all that can be chosen from, in the order in which a list shows them. */
export function allZones(): string[] {
  if (names !== null) return names;
  const listed = new Set([...Intl.supportedValuesOf("timeZone"), ...NEWER_NAMES.filter(isKnown)]);
  listed.delete("UTC");
  names = ["UTC", ...OFFSETS, ...[...listed].sort()];
  return names;
}

/** Return the zone that was written, as the service takes it; null: there is none of that name. */
export function readZone(text: string): string | null {
  const written = text.trim();
  if (written === "") return null;
  if (/^(utc|gmt|z)$/i.test(written)) return "UTC";
  return readOffset(written) ?? readName(written);
}

/** Whether more writing may make it a zone: part of a name, or an offset's beginning. */
export function mayBecomeZone(text: string): boolean {
  const begun = text.trim().toLowerCase().replace(/\s+/g, "_");
  return /^(utc|gmt)?[+\-−]?$/.test(begun) || allZones().some((name) => name.toLowerCase().includes(begun));
}

/** The zone of this computer: offered, never taken, for the recorder may have stood elsewhere. */
export function zoneOfThisComputer(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** `+2`, `+0200`, `UTC+02:00`, `−3:30`. */
function readOffset(written: string): string | null {
  const found = /^(?:utc|gmt)?\s*([+\-−])(\d{1,2})(?::?(\d\d))?$/i.exec(written);
  if (!found) return null;
  const [, sign, hours, minutes = "00"] = found;
  if (Number(hours) > 14 || Number(minutes) > 59) return null;
  return `${sign === "+" ? "+" : "-"}${(hours ?? "").padStart(2, "0")}:${minutes}`;
}

/** A name in any case, or its city alone where there is one of that name. */
function readName(written: string): string | null {
  const wanted = written.toLowerCase().replace(/\s+/g, "_");
  const named = allZones().find((name) => name.toLowerCase() === wanted);
  if (named !== undefined) return named;
  const cities = allZones().filter((name) => name.toLowerCase().endsWith(`/${wanted}`));
  if (cities.length === 1) return cities[0] ?? null;
  return written.includes("/") && isKnown(written) ? written : null;
}

/** Older and newer names of a zone than the one that the browser lists: `Asia/Kolkata`. */
function isKnown(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
