import "./correct_taxon.css";

import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { complain } from "../app/notices";
import { findTaxa, nameToAskFor, type TaxonNames } from "../screens/recordings/filters/names";

interface Props {
  /** Taxa that it may well be, shown before anything is written. */
  likely: readonly TaxonNames[];
  onChoose: (taxon: TaxonNames) => void;
  onClose: () => void;
}

const MOST_SHOWN = 8;

/** Which taxon it is instead: a part of any of its names finds it, arrows and Enter choose it. */
export function CorrectTaxon({ likely, onChoose, onClose }: Props) {
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const text = useSignal("");
  /** What was found, and for which text: those of an earlier one are not what somebody means now. */
  const found = useSignal<{ taxa: readonly TaxonNames[]; text: string }>({ taxa: [], text: "" });
  const at = useSignal(0);
  /** Enter was pressed before they were there: then the first is taken once they are. */
  const isAwaited = useRef(false);
  const isHere = text.value === found.value.text;
  const shown = onePerName(text.value === "" ? likely : found.value.taxa).slice(0, MOST_SHOWN);
  const chosen = shown[at.value];
  useLayoutEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const write = (written: string) => {
    [text.value, at.value, isAwaited.current] = [written.trim(), 0, false];
    const asked = text.value;
    void findTaxa(asked, MOST_SHOWN)
      .then((taxa) => {
        if (text.peek() !== asked) return;
        found.value = { taxa, text: asked };
        const [first] = taxa;
        if (isAwaited.current && first !== undefined) onChoose(first);
      })
      .catch(complain);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) at.value = Math.min(Math.max(at.value + step, 0), shown.length - 1);
    else if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && !isHere) isAwaited.current = true;
    else if (event.key === "Enter" && chosen !== undefined) onChoose(chosen);
    else return;
    event.preventDefault();
  };
  return (
    <div class="correct-taxon">
      <label>
        Which taxon is it?
        <input
          ref={field}
          type="text"
          role="combobox"
          autocomplete="off"
          placeholder="A part of its name"
          aria-expanded={shown.length > 0}
          aria-controls={id}
          aria-activedescendant={chosen === undefined ? undefined : `${id}-${at.value}`}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={press}
        />
      </label>
      <ul id={id} role="listbox" aria-label="Taxa">
        {shown.map((taxon, n) => (
          <li
            key={taxon.scientific_name}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === at.value}
            onClick={() => onChoose(taxon)}
          >
            {nameToAskFor(taxon)} {taxon.common_name !== taxon.scientific_name && <i>{taxon.scientific_name}</i>}
          </li>
        ))}
      </ul>
      {text.value !== "" && isHere && found.value.taxa.length === 0 && (
        <p class="soft">No installed pack has a taxon named so. Reject it, and write the name as a note.</p>
      )}
      <button type="button" onClick={onClose}>
        Cancel
      </button>
    </div>
  );
}

/** Packs have codes of their own for the same taxon. */
function onePerName(taxa: readonly TaxonNames[]): readonly TaxonNames[] {
  return [...new Map(taxa.map((each) => [each.scientific_name, each])).values()];
}
