import { useRef } from "preact/hooks";

import { activeShortcuts } from "../../../app/shortcuts";
import { hasShortcuts } from "../../../app/preferences";
import { formatPeak } from "../events/threshold_words";
import type { LaneTaxon } from "../lanes";
import type { LaneState } from "./lane_state";
import { findByPrefix } from "./order";

/** As long as letters come within this time, they belong to one name. */
const TYPED_MS = 700;

/** The names of the lanes: a list with one focus, by arrows, Home, End and the beginning of a name. */
export function LaneNames({ state }: { state: LaneState }) {
  const { model } = state;
  const typed = useRef({ text: "", at_ms: 0 });
  const [lanes, taxon] = [model.lanes.value, model.taxon.value];
  if (lanes === null) return null;
  const isShown = taxon !== null && state.shown.value.includes(taxon);
  return (
    <ul
      id="lane-names"
      class="lane-names"
      role="listbox"
      aria-label="Lanes"
      tabIndex={0}
      aria-activedescendant={isShown ? `lane-${taxon}` : undefined}
      onFocus={() => isShown || state.move(0)}
      onKeyDown={(event) => press(event, state, typed.current)}
    >
      {state.shown.value.map((each) => (
        <LaneName
          key={each}
          taxon={each}
          facts={lanes.taxa[each]}
          isFocused={each === taxon}
          threshold={model.threshold.value}
          onPick={() => (model.taxon.value = each)}
          onOpen={() => state.open()}
        />
      ))}
    </ul>
  );
}

interface NameProps {
  taxon: number;
  facts: LaneTaxon | undefined;
  isFocused: boolean;
  threshold: number | null;
  onPick: () => void;
  onOpen: () => void;
}

function LaneName({ taxon, facts, isFocused, threshold, onPick, onOpen }: NameProps) {
  if (facts === undefined) return null;
  const { common_name, scientific_name, peak, rule } = facts;
  const names = common_name === "" || common_name === scientific_name ? scientific_name : common_name;
  const least = threshold ?? rule.onset_threshold;
  const isOver = peak >= least;
  const highest = formatPeak(peak, least);
  const full = `${names === scientific_name ? "" : `${names}, `}${scientific_name}, highest score ${highest}`;
  return (
    <li
      id={`lane-${taxon}`}
      class={isOver ? "lane-name" : "lane-name below"}
      role="option"
      aria-selected={isFocused}
      title={isOver ? full : `${full}: below the threshold`}
      onClick={onPick}
      onDblClick={onOpen}
    >
      <span class="common">
        {names}
        <span class="hidden-visually">, </span>
      </span>
      <i class="scientific" lang="la">
        {names === scientific_name ? "" : scientific_name}
      </i>
      <span class="peak number">
        <span class="hidden-visually">{names === scientific_name ? "" : ", "}highest score </span>
        {highest}
      </span>
    </li>
  );
}

function press(event: KeyboardEvent, state: LaneState, typed: { text: string; at_ms: number }): void {
  if (event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key.startsWith("Arrow"))) return;
  const page = Math.max(1, Math.floor(state.seen_px.value / state.row_px.value) - 1);
  const moves: Record<string, number> = {
    ArrowUp: -1,
    ArrowDown: 1,
    PageUp: -page,
    PageDown: page,
    Home: -Infinity,
    End: Infinity,
  };
  const by = moves[event.key];
  if (by !== undefined) state.move(by);
  else if (event.key === "Enter") state.open();
  else if (!typeAhead(event, state, typed)) return;
  event.preventDefault();
}

/** A letter that has a use of its own begins no name, but may go on with one. */
function typeAhead(event: KeyboardEvent, state: LaneState, typed: { text: string; at_ms: number }): boolean {
  const { model } = state;
  if (!/^[\p{L} '’-]$/u.test(event.key) || model.lanes.value === null) return false;
  const isOn = typed.text !== "" && event.timeStamp - typed.at_ms < TYPED_MS;
  const key = event.key.toLowerCase();
  if (!isOn && (key === " " || (hasShortcuts.value && activeShortcuts().some((each) => each.key === key))))
    return false;
  typed.text = isOn ? typed.text + key : key;
  typed.at_ms = event.timeStamp;
  const shown = state.shown.value;
  const from = shown.indexOf(model.taxon.value ?? -1) + (isOn ? 0 : 1);
  const found = findByPrefix(model.lanes.value, shown, Math.max(0, from), typed.text);
  if (found >= 0) model.taxon.value = shown[found] ?? null;
  return true;
}
