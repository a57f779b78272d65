import "../recordings/filters/filters.css";

import { setQuery } from "../../app/router";
import { ReviewSelect } from "../../exports/ReviewSelect";
import { NameField } from "../recordings/filters/NameField";
import type { Filters, Shown } from "./filters";

interface Props {
  filters: Filters;
  shown: Shown;
  onExport: () => void;
}

/** Which site and days, what counts, and how it is shown: all of it stands in the address. */
export function Controls({ filters, shown, onExport }: Props) {
  const set = (name: string, value: string | null) => setQuery({ [name]: value });
  return (
    <search class="filters">
      <NameField kind="site" label="Site" value={filters.site ?? ""} onChange={(value) => set("site", value)} />
      {(["from", "to"] as const).map((name) => (
        <label key={name}>
          <span>{name === "from" ? "From" : "To"}</span>
          <input
            type="date"
            title="By the recorder’s own clock"
            value={filters[name] ?? ""}
            onChange={(event) => set(name, event.currentTarget.value)}
          />
        </label>
      ))}
      <label>
        <span>Columns</span>
        <select value={shown.by} onChange={(event) => set("by", event.currentTarget.value === "day" ? "day" : null)}>
          <option value="hour">Hours of the day</option>
          <option value="day">Days</option>
        </select>
      </label>
      <label>
        <span>Numbers</span>
        <select
          value={shown.isRate ? "rate" : ""}
          onChange={(event) => set("rate", event.currentTarget.value === "" ? null : "1")}
        >
          <option value="">Detections</option>
          <option value="rate">Per hour listened</option>
        </select>
      </label>
      <label class="switch">
        <input
          type="checkbox"
          checked={filters.thresholds === "saved"}
          onChange={(event) => set("thresholds", event.currentTarget.checked ? "saved" : null)}
        />
        Saved thresholds
      </label>
      <label>
        <span>Reviews</span>
        <ReviewSelect value={filters.reviewed} onChange={(value) => set("reviewed", value)} />
      </label>
      <button type="button" onClick={onExport}>
        Export
      </button>
    </search>
  );
}
