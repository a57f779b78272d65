import "./correct_taxon.css";

import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

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
  const found = useSignal<readonly TaxonNames[]>([]);
  const at = useSignal(0);
  const shown = (text.value === "" ? likely : found.value).slice(0, MOST_SHOWN);
  const chosen = shown[at.value];
  useEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const write = (written: string) => {
    [text.value, at.value] = [written.trim(), 0];
    const asked = text.value;
    void findTaxa(asked, MOST_SHOWN)
      .then((taxa) => {
        if (text.peek() === asked) found.value = taxa;
      })
      .catch(complain);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) at.value = Math.min(Math.max(at.value + step, 0), shown.length - 1);
    else if (event.key === "Escape") onClose();
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
      {text.value !== "" && found.value.length === 0 && (
        <p class="soft">No installed pack has a taxon named so. Reject it, and write the name as a note.</p>
      )}
      <button type="button" onClick={onClose}>
        Cancel
      </button>
    </div>
  );
}
