import type { Signal } from "@preact/signals";
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";

import type { Recording } from "../../../api/types";
import { complain } from "../../../app/notices";
import { suggestNames } from "../filters/names";
import type { Wanted } from "./changes";
import { Leave } from "./Leave";

/** The site's name: that which all have stands there, several are named. */
export function SiteField({ recordings, wanted }: { recordings: readonly Recording[]; wanted: Signal<Wanted> }) {
  const list = useId();
  const known = useSignal<readonly string[]>([]);
  const sites = [...new Set(recordings.map((each) => each.site))];
  const common = sites.length === 1 ? (sites[0] ?? "") : "";
  const written = wanted.value.site;
  const set = (site: string | null) => (wanted.value = { ...wanted.value, site });
  const suggest = (text: string) =>
    void suggestNames("site", text)
      .then((names) => (known.value = names))
      .catch(complain);
  return (
    <div class="group">
      <label class="field">
        Site
        <input
          type="text"
          maxLength={200}
          list={list}
          autocomplete="off"
          placeholder={sites.length > 1 ? `${sites.length} different ones` : "No site"}
          value={written ?? common}
          onFocus={(event) => suggest(event.currentTarget.value)}
          onInput={(event) => {
            set(event.currentTarget.value);
            suggest(event.currentTarget.value);
          }}
        />
        <datalist id={list}>
          {known.value.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      </label>
      {sites.length > 1 && written === null && (
        <button type="button" class="quiet small" onClick={() => set("")}>
          Remove the site of all
        </button>
      )}
      {written !== null && <Leave onLeave={() => set(null)} />}
    </div>
  );
}
