import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { complain } from "../../../app/notices";
import { useDraft } from "./draft";
import { findTaxa, meantBy, MOST_FOUND, nameToAskFor, suggestNames, type TaxonNames } from "./names";

interface Props {
  kind: "site" | "taxon";
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/**
 * A name of a site or taxon, with those that are known as suggestions; it counts once it is chosen or left. A part of
 * a taxon's name is enough: where it fits several, one chooses.
 */
export function NameField({ kind, label, value, onChange }: Props) {
  const list = useId();
  const draft = useDraft(value);
  const known = useSignal<readonly string[]>([]);
  const meant = useSignal<readonly TaxonNames[]>([]);
  const suggest = async (text: string) => {
    known.value = await suggestNames(kind, text);
  };
  const choose = (name: string) => {
    [meant.value, draft.value] = [[], name];
    onChange(name);
  };
  const settle = async (text: string) => {
    if (kind === "site" || text === "") {
      choose(text);
      return;
    }
    const found = meantBy(text, await findTaxa(text));
    if (draft.value.trim() !== text) return;
    const [only] = found;
    if (found.length > 1) meant.value = found;
    else choose(only === undefined ? text : nameToAskFor(only));
  };
  return (
    <div
      class="name-field"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || meant.value.length === 0) return;
        event.preventDefault();
        meant.value = [];
      }}
    >
      <label>
        <span>{label}</span>
        <input
          type="text"
          list={list}
          autocomplete="off"
          aria-label={kind === "site" ? "Filter by site" : undefined}
          placeholder={kind === "site" ? "Any site" : "Any taxon"}
          value={draft.value}
          onFocus={() => void suggest(draft.value).catch(complain)}
          onInput={(event) => {
            [meant.value, draft.value] = [[], event.currentTarget.value];
            void suggest(draft.value).catch(complain);
          }}
          onChange={() => void settle(draft.value.trim()).catch(complain)}
        />
        <datalist id={list}>
          {known.value.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      {meant.value.length > 0 && <Meant text={draft.value.trim()} taxa={meant.value} onChoose={choose} />}
    </div>
  );
}

interface MeantProps {
  text: string;
  taxa: readonly TaxonNames[];
  onChoose: (name: string) => void;
}

function Meant({ text, taxa, onChoose }: MeantProps) {
  return (
    <div class="meant" role="group" aria-label={`Which “${text}”?`}>
      <strong aria-hidden="true">Which “{text}”?</strong>
      {taxa.map((each) => (
        <button key={each.code} type="button" class="quiet" onClick={() => onChoose(nameToAskFor(each))}>
          {nameToAskFor(each)} <i>{each.scientific_name}</i>
        </button>
      ))}
      {taxa.length >= MOST_FOUND && (
        <p class="soft">The first {MOST_FOUND}, those heard here before others. For more, type more of the name.</p>
      )}
    </div>
  );
}
