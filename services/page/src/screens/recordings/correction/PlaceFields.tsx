import type { Signal } from "@preact/signals";

import type { Recording } from "../../../api/types";
import type { Wanted } from "./changes";
import { Leave } from "./Leave";

/** Coordinates in decimal degrees. Both pasted into the first field go into both. */
export function PlaceFields({ recordings, wanted }: { recordings: readonly Recording[]; wanted: Signal<Wanted> }) {
  const places = [...new Set(recordings.map((each) => `${each.latitude ?? ""} ${each.longitude ?? ""}`))];
  const [latitude = "", longitude = ""] = places.length === 1 ? (places[0] ?? "").split(" ") : [];
  const written = wanted.value.place;
  const shown = written ?? { latitude, longitude };
  const set = (place: Wanted["place"]) => (wanted.value = { ...wanted.value, place });
  const write = (text: string) => {
    const both = /^\s*(-?\d+(?:\.\d+)?)[,;\s]+(-?\d+(?:\.\d+)?)\s*$/.exec(text);
    set(both === null ? { ...shown, latitude: text } : { latitude: both[1] ?? "", longitude: both[2] ?? "" });
  };
  const hint = places.length > 1 ? `${places.length} different` : "degrees";
  return (
    <div class="group">
      <div class="pair">
        <label class="field">
          Latitude
          <input
            type="text"
            inputMode="decimal"
            placeholder={hint}
            value={shown.latitude}
            onInput={(event) => write(event.currentTarget.value)}
          />
        </label>
        <label class="field">
          Longitude
          <input
            type="text"
            inputMode="decimal"
            placeholder={hint}
            value={shown.longitude}
            onInput={(event) => set({ ...shown, longitude: event.currentTarget.value })}
          />
        </label>
      </div>
      {places.length > 1 && written === null && (
        <button type="button" class="quiet small" onClick={() => set({ latitude: "", longitude: "" })}>
          Remove the coordinates of all
        </button>
      )}
      {written !== null && <Leave onLeave={() => set(null)} />}
    </div>
  );
}
