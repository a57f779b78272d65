import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson } from "../../../api/client";
import type { Pack } from "../../../api/types";
import { complain } from "../../../app/notices";
import { items } from "../batch";
import { change, fields } from "../fields";

/** With what they are analyzed; the service's own choice is right for most. */
export function HowAnalyzed() {
  const isOpen = useSignal(false);
  return (
    <>
      <button class="quiet" type="button" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
        {isOpen.value ? "Less" : "More"}
      </button>
      {isOpen.value && <Choices />}
    </>
  );
}

function Choices() {
  const packs = useSignal<readonly Pack[]>([]);
  useEffect(() => {
    fetchJson<{ items: Pack[] }>("/v1/packs")
      .then((found) => (packs.value = found.items))
      .catch(complain);
  }, []);
  const most = Math.max(1, ...items.value.map(({ facts }) => facts.value?.channels ?? 1));
  return (
    <>
      <label>
        Model pack
        <select value={fields.value.pack} onChange={(event) => change({ pack: event.currentTarget.value })}>
          <option value="">The usual one</option>
          {packs.value.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Channels
        <select value={fields.value.channels} onChange={(event) => change({ channels: event.currentTarget.value })}>
          <option value="">Mixed into one</option>
          <option value="each">Each by itself, the highest score counts</option>
          {most > 1 &&
            Array.from({ length: Math.min(most, 32) }, (_, number) => (
              <option key={number} value={String(number + 1)}>{`Only channel ${number + 1}`}</option>
            ))}
        </select>
      </label>
    </>
  );
}
