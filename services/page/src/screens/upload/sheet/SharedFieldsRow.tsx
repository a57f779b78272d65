import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson, withQuery } from "../../../api/client";
import type { Paged, Site } from "../../../api/types";
import { complain } from "../../../app/notices";
import { items } from "../batch";
import { change, fields, placeProblem } from "../fields";
import { count } from "../words";
import { HowAnalyzed } from "./HowAnalyzed";
import { ToldSite } from "./ToldSite";

/** What is the same for all files: where they were recorded, and under "More" how they are analyzed. */
export function SharedFieldsRow() {
  const own = items.value.filter(({ facts }) => facts.value?.place != null).length;
  const { latitude, longitude } = fields.value;
  return (
    <div class="shared-fields">
      <SiteField />
      <label>
        Latitude
        <Degrees
          value={latitude}
          example="52.52"
          onWrite={(text) => change({ latitude: text, isPlaceOfSite: false })}
        />
      </label>
      <label>
        Longitude
        <Degrees
          value={longitude}
          example="13.405"
          onWrite={(text) => change({ longitude: text, isPlaceOfSite: false })}
        />
      </label>
      <HowAnalyzed />
      <ToldSite />
      {placeProblem.value !== null && <p role="alert">{placeProblem.value}</p>}
      {own > 0 && <p class="soft">{ownPlaces(own, latitude !== "" && !fields.value.isPlaceOfSite)}</p>}
    </div>
  );
}

function ownPlaces(n: number, areReplaced: boolean): string {
  const say = `${count(n, "file")} ${n === 1 ? "says" : "say"} where ${n === 1 ? "it was" : "they were"} recorded`;
  return areReplaced ? `${say}: these coordinates replace that.` : `${say}, and ${n === 1 ? "keeps" : "keep"} that.`;
}

/** A site, by name; the coordinates of one that is known come with it. */
function SiteField() {
  const known = useSignal<readonly Site[]>([]);
  const { site, latitude, longitude, isPlaceOfSite } = fields.value;
  useEffect(() => {
    const asked = new AbortController();
    const timer = setTimeout(() => {
      fetchJson<Paged<Site>>(withQuery("/v1/sites", { q: site.trim(), limit: 50 }), { signal: asked.signal })
        .then((found) => {
          known.value = found.items;
          adoptSpelling(found.items);
          adopt(found.items.find((each) => each.name === site.trim()));
        })
        .catch((error: unknown) => asked.signal.aborted || complain(error));
    }, 150);
    return () => {
      clearTimeout(timer);
      asked.abort();
    };
  }, [site]);
  /** A prefix in capitals is the site that is known in small letters. */
  const adoptSpelling = (sites: readonly Site[]) => {
    if (fields.peek().siteBy !== "names" || sites.some(({ name }) => name === site)) return;
    const same = sites.find(({ name }) => name.toLowerCase() === site.toLowerCase());
    if (same !== undefined) change({ site: same.name });
  };
  const adopt = (found: Site | undefined) => {
    const isFree = isPlaceOfSite || (latitude === "" && longitude === "");
    if (!isFree) return;
    if (found?.latitude != null && found.longitude != null) {
      change({ latitude: String(found.latitude), longitude: String(found.longitude), isPlaceOfSite: true });
    } else if (isPlaceOfSite) {
      change({ latitude: "", longitude: "", isPlaceOfSite: false });
    }
  };
  return (
    <label class="site">
      Site
      <input
        type="text"
        list="sites"
        maxLength={200}
        autocomplete="off"
        placeholder="Name of the place"
        value={site}
        onInput={(event) => change({ site: event.currentTarget.value, siteBy: "somebody" })}
      />
      <datalist id="sites">
        {known.value.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
    </label>
  );
}

function Degrees({ value, example, onWrite }: { value: string; example: string; onWrite: (text: string) => void }) {
  return (
    <input
      class="number degrees"
      type="text"
      inputMode="decimal"
      autocomplete="off"
      placeholder={example}
      aria-invalid={placeProblem.value !== null}
      value={value}
      onInput={(event) => onWrite(event.currentTarget.value)}
    />
  );
}
