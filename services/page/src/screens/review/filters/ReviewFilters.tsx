import "../../recordings/filters/filters.css";

import { useId } from "preact/hooks";

import { setQuery } from "../../../app/router";
import { useDraft } from "../../recordings/filters/draft";
import { NameField } from "../../recordings/filters/NameField";
import { packs } from "../../recordings/states/packs";
import { USUAL_STRATEGY, type Asked, type PartName } from "../asked";
import { hasSeed, STRATEGIES } from "../strategies";

const MOST_SEED = 2 ** 31;
const set = (name: PartName, value: string) => setQuery({ [name]: value });

/** Where and when what is reviewed was recorded; of one taxon also how sure the model was, and in which order. */
export function ReviewFilters({ asked, seed }: { asked: Asked; seed: number | null }) {
  const hint = useId();
  const strategy = asked.strategy ?? USUAL_STRATEGY;
  const means = Object.entries(STRATEGIES).find(([name]) => name === strategy)?.[1].means;
  return (
    <search class="filters">
      <NameField kind="site" label="Site" value={asked.site ?? ""} onChange={(value) => set("site", value)} />
      <DayField label="From" name="from" value={asked.from} />
      <DayField label="To" name="to" value={asked.to} />
      {(packs.value?.length ?? 0) > 1 && <PackField value={asked.pack} />}
      {asked.taxon !== undefined && (
        <>
          <div class="range">
            <ScoreField label="Confidence from" name="min_confidence" value={asked.min_confidence} usual="0" />
            <ScoreField label="to" name="max_confidence" value={asked.max_confidence} usual="1" />
          </div>
          <label>
            <span>Order</span>
            <select
              aria-describedby={hint}
              value={strategy}
              onChange={(event) => setQuery({ strategy: event.currentTarget.value, seed: null })}
            >
              {Object.entries(STRATEGIES).map(([value, { name }]) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </select>
          </label>
          {hasSeed(strategy) && <SeedField value={asked.seed ?? (seed === null ? "" : String(seed))} />}
          {isNarrowed(asked) && <ClearFilters />}
          <p id={hint} class="soft means">
            {means}
          </p>
        </>
      )}
      {asked.taxon === undefined && isNarrowed(asked) && <ClearFilters />}
    </search>
  );
}

const NARROWING = ["site", "from", "to", "pack", "min_confidence", "max_confidence"] as const;

export function isNarrowed(asked: Asked): boolean {
  return NARROWING.some((name) => asked[name] !== undefined);
}

export function ClearFilters() {
  const none = Object.fromEntries(NARROWING.map((name) => [name, null]));
  return (
    <button type="button" class="quiet" onClick={() => setQuery(none)}>
      Clear filters
    </button>
  );
}

function DayField({ label, name, value = "" }: { label: string; name: "from" | "to"; value: string | undefined }) {
  return (
    <label>
      <span>{label}</span>
      <input
        type="date"
        title="By the recorder’s own clock"
        value={value.slice(0, 10)}
        onChange={(event) => set(name, event.currentTarget.value)}
      />
    </label>
  );
}

interface ScoreProps {
  label: string;
  name: "min_confidence" | "max_confidence";
  value: string | undefined;
  usual: string;
}

function ScoreField({ label, name, value = "", usual }: ScoreProps) {
  const draft = useDraft(value);
  return (
    <label class="score">
      <span>{label}</span>
      <input
        type="number"
        aria-label={name === "max_confidence" ? "Confidence to" : undefined}
        min="0"
        max="1"
        step="any"
        placeholder={usual}
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onChange={() => set(name, draft.value)}
      />
    </label>
  );
}

/** The same seed gives the same order, to whoever opens the link. */
function SeedField({ value }: { value: string }) {
  const draft = useDraft(value);
  return (
    <label class="seed">
      <span>Seed</span>
      <input
        type="number"
        title="The same seed gives the same order"
        min="0"
        max={MOST_SEED - 1}
        step="1"
        value={draft.value}
        onInput={(event) => (draft.value = event.currentTarget.value)}
        onChange={() => set("seed", draft.value)}
      />
    </label>
  );
}

function PackField({ value = "" }: { value: string | undefined }) {
  return (
    <label>
      <span>Model pack</span>
      <select value={value} onChange={(event) => set("pack", event.currentTarget.value)}>
        <option value="">The usual one</option>
        {packs.value?.map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
