import type { Pack, Recording } from "../../../api/types";
import { knowsPlaces, type Choice } from "./choice";

interface Props {
  choice: Choice;
  packs: readonly Pack[];
  recordings: readonly Recording[];
  onChange: (choice: Choice) => void;
}

const MOST_NAMED_CHANNELS = 32;

/** The fields of another analysis: what hardly anybody changes is folded away. */
export function ChoiceFields({ choice, packs, recordings, onChange }: Props) {
  const pack = packs.find((each) => each.name === choice.pack);
  const set = (name: keyof Choice) => (value: string) => onChange({ ...choice, [name]: value });
  return (
    <>
      <label class="field">
        Pack
        <select value={choice.pack} onChange={(event) => set("pack")(event.currentTarget.value)}>
          {packs.map((each) => (
            <option key={each.name} value={each.name}>
              {each.name} {each.version}: {each.n_taxa.toLocaleString("en")} taxa{each.is_default ? " (usual)" : ""}
            </option>
          ))}
        </select>
      </label>
      <ChannelField choice={choice} recordings={recordings} onChange={set("channels")} />
      <fieldset class="pair">
        <legend>Thresholds</legend>
        <NumberField label="An event begins at" value={choice.onset_threshold} most={1} on={set("onset_threshold")} />
        <NumberField label="and ends below" value={choice.offset_threshold} most={1} on={set("offset_threshold")} />
      </fieldset>
      <details>
        <summary>More settings</summary>
        <div class="pair">
          <NumberField label="Shortest event, s" value={choice.min_event_s} most={86_400} on={set("min_event_s")} />
          <NumberField label="Join gaps under, s" value={choice.min_gap_s} most={86_400} on={set("min_gap_s")} />
          <NumberField label="Keep scores from" value={choice.floor} most={1} on={set("floor")} usual="0.05" />
          {knowsPlaces(pack) && (
            <NumberField
              label="Least occurrence"
              value={choice.occurrence_min}
              most={1}
              on={set("occurrence_min")}
              usual="keep all"
            />
          )}
        </div>
        {knowsPlaces(pack) && <PlaceHint recordings={recordings} />}
      </details>
    </>
  );
}

function ChannelField({
  choice,
  recordings,
  onChange,
}: {
  choice: Choice;
  recordings: readonly Recording[];
  onChange: (value: string) => void;
}) {
  const most = Math.min(Math.max(1, ...recordings.map((each) => each.channels)), MOST_NAMED_CHANNELS);
  if (most === 1 && choice.channels === "mix") return null;
  const named = Math.max(most, Number(choice.channels) || 0);
  return (
    <label class="field">
      Channels
      <select value={choice.channels} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="mix">All mixed into one</option>
        <option value="each">Each by itself; the highest score counts</option>
        {Array.from({ length: named }, (_, index) => (
          <option key={index} value={String(index + 1)}>
            Channel {index + 1} alone
          </option>
        ))}
      </select>
    </label>
  );
}

interface NumberProps {
  label: string;
  value: string;
  most: number;
  on: (value: string) => void;
  /** What is so where nothing is written. */
  usual?: string;
}

function NumberField({ label, value, most, on, usual = "pack’s own" }: NumberProps) {
  return (
    <label class="field">
      {label}
      <input
        type="number"
        min="0"
        max={most}
        step="any"
        inputMode="decimal"
        value={value}
        placeholder={usual}
        onInput={(event) => on(event.currentTarget.value)}
      />
    </label>
  );
}

function PlaceHint({ recordings }: { recordings: readonly Recording[] }) {
  const placeless = recordings.filter((each) => each.latitude === null).length;
  return (
    <p class="soft">
      “Least occurrence” leaves out taxa that are less probable than this, between 0 and 1, at the recording’s place and
      week.
      {placeless > 0 && ` ${placeless} of ${recordings.length} have no coordinates: nothing is left out there.`}
    </p>
  );
}
