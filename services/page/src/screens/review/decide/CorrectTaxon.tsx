import { signal, useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { complain } from "../../../app/notices";
import { findTaxa, type TaxonNames } from "../../recordings/filters/names";
import { nameOf } from "../loop/words";

const TYPING_MS = 120;
const MOST = 8;
/** What was named before, the latest first: it mostly is the same few. */
const recent = signal<readonly TaxonNames[]>([]);

interface Props {
  /** The scientific name of the taxon that it is not. */
  not: string;
  onTake: (scientific_name: string) => void;
  onClose: () => void;
}

/** Which taxon is heard instead: Enter takes the one that is marked. */
export function CorrectTaxon({ not, onTake, onClose }: Props) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const text = useSignal("");
  const found = useSignal<readonly TaxonNames[]>(recent.peek().filter((each) => each.scientific_name !== not));
  const isSearched = useSignal(false);
  const marked = useSignal(0);
  const search = useSearch(not, (text_, taxa) => {
    if (text_ !== text.peek().trim()) return;
    [found.value, marked.value, isSearched.value] = [taxa, 0, true];
  });
  useEffect(() => field.current?.focus(), []);
  const take = (taxon: TaxonNames | undefined) => {
    if (taxon === undefined) return;
    recent.value = [taxon, ...recent.value.filter((each) => each.scientific_name !== taxon.scientific_name)].slice(
      0,
      MOST,
    );
    onClose();
    onTake(taxon.scientific_name);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") take(found.value[marked.value]);
    else if (step !== undefined && found.value.length > 0)
      marked.value = (marked.value + step + found.value.length) % found.value.length;
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const hasNone = isSearched.value && found.value.length === 0;
  return (
    <div class="correct">
      <label for={`${id}-field`}>Which taxon is it?</label>
      <input
        id={`${id}-field`}
        ref={field}
        type="text"
        role="combobox"
        autocomplete="off"
        aria-expanded={found.value.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={found.value.length > 0 ? `${id}-${marked.value}` : undefined}
        placeholder="Part of a name; Enter takes it, Esc closes"
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          search(text.value.trim());
        }}
        onKeyDown={press}
      />
      <ul id={`${id}-list`} role="listbox" aria-label="Taxa">
        {found.value.map((taxon, n) => (
          <li
            key={taxon.scientific_name}
            id={`${id}-${n}`}
            role="option"
            aria-selected={n === marked.value}
            onClick={() => take(taxon)}
          >
            {nameOf(taxon)} <i>{taxon.scientific_name}</i>
          </li>
        ))}
      </ul>
      <p role="status" class={hasNone ? "soft" : "hidden-visually"}>
        {hasNone ? "No taxon of the packs has this in its name. Reject it, and write in the note what it is." : ""}
      </p>
    </div>
  );
}

/** Ask for taxa while somebody types; what comes late is for whoever still wants it. */
function useSearch(not: string, onFound: (text: string, taxa: readonly TaxonNames[]) => void): (text: string) => void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (text) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      findTaxa(text)
        .then((taxa) => onFound(text, onePerName(taxa, not)))
        .catch(complain);
    }, TYPING_MS);
  };
}

/** Packs have codes of their own for the same taxon. */
function onePerName(taxa: readonly TaxonNames[], not: string): TaxonNames[] {
  const byName = new Map(taxa.map((each) => [each.scientific_name, each]));
  byName.delete(not);
  return [...byName.values()].slice(0, MOST);
}
