/** What is said of all files at once, and how it is sent. */
import { computed, signal } from "@preact/signals";

import { asksForZone, type ZoneAnswer } from "./clocks/start";
import type { Item } from "./item";

export interface SharedFields {
  site: string;
  /** Who wrote the site: the names of the files suggest one as long as nobody has. */
  siteBy: "nobody" | "names" | "somebody";
  latitude: string;
  longitude: string;
  /** The coordinates are those of a known site, and nobody wrote them: files that hold their own keep those. */
  isPlaceOfSite: boolean;
  zone: ZoneAnswer;
  pack: string;
  channels: string;
}

export const NO_FIELDS: SharedFields = {
  site: "",
  siteBy: "nobody",
  latitude: "",
  longitude: "",
  isPlaceOfSite: false,
  zone: null,
  pack: "",
  channels: "",
};
export const fields = signal<SharedFields>(NO_FIELDS);

export function change(parts: Partial<SharedFields>): void {
  fields.value = { ...fields.peek(), ...parts };
}

/** What is wrong with the coordinates, in words; null: nothing. */
export const placeProblem = computed(() => {
  const [north, east] = [readDegrees(fields.value.latitude), readDegrees(fields.value.longitude)];
  if (north === null && east === null) return null;
  if (north === null) return "The latitude is missing: write both or neither.";
  if (east === null) return "The longitude is missing: write both or neither.";
  if (!(Math.abs(north) <= 90)) return "A latitude is a number from −90 to 90, such as 52.52.";
  if (!(Math.abs(east) <= 180)) return "A longitude is a number from −180 to 180, such as 13.405.";
  return null;
});

/** Return degrees as they are written, with a comma too; NaN: no number; null: nothing was written. */
export function readDegrees(text: string): number | null {
  const written = text.trim().replace("°", "").replace(",", ".").replace("−", "-");
  return written === "" ? null : Number(written);
}

/** Return the form that makes a recording of an uploaded file. */
export function formOf(item: Item, uploadId: string): URLSearchParams {
  const order = item.order.value;
  const form = new URLSearchParams({ upload: uploadId });
  if (order === null) return form;
  const { site, zone, pack, channels } = order.fields;
  const place = placeOf(item, order.fields, order.recordedAt !== null);
  const named = { site: site.trim(), pack, channels, ...place };
  for (const [name, value] of Object.entries(named)) if (value !== "") form.set(name, value);
  if (order.recordedAt !== null) {
    form.set("recorded_at", order.recordedAt);
  } else {
    form.set("start", "file");
    if (asksForZone(item.facts.value) && zone !== null && zone !== "without a time") form.set("time_zone", zone.zone);
  }
  return form;
}

/** The file's own place is taken by the service, but where the start was chosen by hand. */
function placeOf(item: Item, shared: SharedFields, isByHand: boolean): { latitude: string; longitude: string } {
  const own = item.facts.value?.place ?? null;
  const [north, east] = [readDegrees(shared.latitude), readDegrees(shared.longitude)];
  if (north !== null && east !== null && !(shared.isPlaceOfSite && own !== null)) {
    return { latitude: String(north), longitude: String(east) };
  }
  if (isByHand && own !== null) return { latitude: String(own.latitude), longitude: String(own.longitude) };
  return { latitude: "", longitude: "" };
}
