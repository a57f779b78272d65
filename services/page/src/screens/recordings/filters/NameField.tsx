import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import { fetchJson, withQuery } from "../../../api/client";
import { complain } from "../../../app/notices";
import { useDraft } from "./draft";

interface Props {
  kind: "site" | "taxon";
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const MOST_SUGGESTED = 20;

/** A name of a site or taxon, with those that are known as suggestions; it counts once it is chosen or left. */
export function NameField({ kind, label, value, onChange }: Props) {
  const list = useId();
  const draft = useDraft(value);
  const known = useSignal<readonly string[]>([]);
  const suggest = async (text: string) => {
    known.value = await suggestNames(kind, text);
  };
  return (
    <label>
      <span>{label}</span>
      <input
        type="text"
        list={list}
        autocomplete="off"
        placeholder={kind === "site" ? "Any site" : "Any taxon"}
        value={draft.value}
        onFocus={() => void suggest(draft.value).catch(complain)}
        onInput={(event) => {
          draft.value = event.currentTarget.value;
          void suggest(draft.value).catch(complain);
        }}
        onChange={() => onChange(draft.value.trim())}
      />
      <datalist id={list}>
        {known.value.map((each) => (
          <option key={each} value={each} />
        ))}
      </datalist>
    </label>
  );
}

/** Return names that fit what was typed so far. */
export async function suggestNames(kind: "site" | "taxon", text: string): Promise<readonly string[]> {
  const limit = MOST_SUGGESTED;
  if (kind === "site") {
    const { items } = await fetchJson<{ items: { name: string }[] }>(withQuery("/v1/sites", { q: text, limit }));
    return items.map((each) => each.name);
  }
  if (text.trim() === "") return [];
  const { items } = await fetchJson<{ items: { common_name: string }[] }>(withQuery("/v1/taxa", { q: text, limit }));
  return [...new Set(items.map((each) => each.common_name))];
}
