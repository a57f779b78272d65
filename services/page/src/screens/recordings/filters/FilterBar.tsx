import "./filters.css";

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { query, setQuery } from "../../../app/router";
import { useShortcuts } from "../../../app/shortcuts";
import { isNarrowed, readFilters, type FilterName } from "./filters";
import { NameField } from "./NameField";

const STATES = [
  ["", "Any state"],
  ["state=queued", "Waiting"],
  ["state=running", "Analyzing"],
  ["result=succeeded", "Analyzed"],
  ["result=partial", "Partly analyzed"],
  ["result=failed", "Failed"],
  ["result=cancelled", "Cancelled"],
] as const;
const TYPING_MS = 250;

/** Narrows the list. All that is set stands in the address. */
export function FilterBar() {
  const filters = readFilters(query.value);
  const search = useRef<HTMLInputElement>(null);
  const timer = useSignal<ReturnType<typeof setTimeout> | undefined>(undefined);
  useShortcuts([{ key: "/", does: "Search recordings", run: () => search.current?.select() }]);
  const set = (name: FilterName, value: string) => setQuery({ [name]: value });
  const setSoon = (name: FilterName, value: string) => {
    clearTimeout(timer.value);
    timer.value = setTimeout(() => set(name, value.trim()), TYPING_MS);
  };
  const chosen = filters.result !== undefined ? `result=${filters.result}` : `state=${filters.state ?? ""}`;
  return (
    <search class="filters">
      <label class="wide">
        <span>Search</span>
        <input
          type="search"
          ref={search}
          placeholder="Name or site ( / )"
          value={filters.q ?? ""}
          onInput={(event) => setSoon("q", event.currentTarget.value)}
        />
      </label>
      <NameField kind="site" label="Site" value={filters.site ?? ""} onChange={(value) => set("site", value)} />
      <label>
        <span>State</span>
        <select
          value={chosen === "state=" ? "" : chosen}
          onChange={(event) => {
            const [name, value] = event.currentTarget.value.split("=");
            setQuery({ state: null, result: null, ...(name ? { [name]: value ?? null } : {}) });
          }}
        >
          {STATES.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <NameField kind="taxon" label="Heard" value={filters.taxon ?? ""} onChange={(value) => set("taxon", value)} />
      <label class="score">
        <span>At least</span>
        <input
          type="number"
          min="0"
          max="1"
          step="any"
          placeholder="0 to 1"
          value={filters.min_confidence ?? ""}
          onChange={(event) => set("min_confidence", event.currentTarget.value)}
        />
      </label>
      <DayField label="From" name="from" value={filters.from ?? ""} onChange={set} />
      <DayField label="To" name="to" value={filters.to ?? ""} onChange={set} />
      {isNarrowed(filters) && <ClearFilters />}
    </search>
  );
}

function DayField({
  label,
  name,
  value,
  onChange,
}: {
  label: string;
  name: "from" | "to";
  value: string;
  onChange: (name: FilterName, value: string) => void;
}) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="date"
        title="By the recorder’s own clock"
        value={value.slice(0, 10)}
        onChange={(event) => onChange(name, event.currentTarget.value)}
      />
    </label>
  );
}

/** Takes all filters away. */
export function ClearFilters() {
  return (
    <button
      type="button"
      class="quiet"
      onClick={() =>
        setQuery({
          q: null,
          site: null,
          state: null,
          result: null,
          taxon: null,
          min_confidence: null,
          from: null,
          to: null,
        })
      }
    >
      Clear filters
    </button>
  );
}
