import "./filters.css";

import { useEffect, useRef } from "preact/hooks";

import { hidesVoices } from "../../../app/preferences";
import { query, setQuery } from "../../../app/router";
import { useShortcuts } from "../../../app/shortcuts";
import { openExport } from "../../../exports/opening";
import { useDraft } from "./draft";
import { FILTERS, isNarrowed, readFilters, type FilterName, type Filters } from "./filters";
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

/** Narrows the list. All that is set stands in the address. `hasClear`: whether all can be taken away here. */
export function FilterBar({ hasClear }: { hasClear: boolean }) {
  const filters = readFilters(query.value);
  const set = (name: FilterName, value: string) => setQuery({ [name]: value });
  const chosen = filters.result !== undefined ? `result=${filters.result}` : `state=${filters.state ?? ""}`;
  return (
    <search class="filters">
      <SearchField value={filters.q ?? ""} onChange={(value) => set("q", value)} />
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
      <ScoreField value={filters.min_confidence ?? ""} onChange={(value) => set("min_confidence", value)} />
      <label>
        <span>Reviews</span>
        <select value={filters.has_reviews ?? ""} onChange={(event) => set("has_reviews", event.currentTarget.value)}>
          <option value="">With or without</option>
          <option value="true">With reviews</option>
          <option value="false">Without</option>
        </select>
      </label>
      <DayField label="From" name="from" value={filters.from ?? ""} onChange={set} />
      <DayField label="To" name="to" value={filters.to ?? ""} onChange={set} />
      {hasClear && isNarrowed(filters) && <ClearFilters />}
      <button type="button" onClick={() => openExport(exportOf(filters))}>
        Export<span class="hidden-visually"> detections</span>
      </button>
    </search>
  );
}

/** What of the list's filters is a filter of detections. */
function exportOf({ site, taxon, min_confidence, from, to }: Filters) {
  const asked = { site, taxon, min_confidence, from, to };
  const set = Object.entries(asked).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(set), hidesVoices: hidesVoices.value };
}

interface FieldProps {
  value: string;
  onChange: (value: string) => void;
}

/** Narrows the list while one writes. */
function SearchField({ value, onChange }: FieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const draft = useDraft(value);
  useEffect(() => () => clearTimeout(timer.current), []);
  useShortcuts([{ key: "/", does: "Search recordings", run: () => field.current?.select() }]);
  return (
    <label>
      <span>Search</span>
      <input
        type="search"
        ref={field}
        placeholder="Name or site ( / )"
        value={draft.value}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => onChange(draft.value.trim()), TYPING_MS);
        }}
      />
    </label>
  );
}

function ScoreField({ value, onChange }: FieldProps) {
  const draft = useDraft(value);
  return (
    <label class="score">
      <span>At least</span>
      <input
        type="number"
        min="0"
        max="1"
        step="any"
        placeholder="0 to 1"
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onChange={() => onChange(draft.value)}
      />
    </label>
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
      onClick={() => setQuery(Object.fromEntries(FILTERS.map((name) => [name, null])))}
    >
      Clear filters
    </button>
  );
}
