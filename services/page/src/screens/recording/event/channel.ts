/** Which channel of a recording an event's score comes from. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson, withQuery } from "../../../api/client";
import type { Detection } from "../../../api/types";
import type { LaneTaxon } from "../lanes";
import { useModel, type SungEvent } from "../model";

/** Positions are listed to the millisecond. */
const NEAR_S = 0.0011;

/** Return it in words; null: there is only one, or it is not known yet. Where each was scored, the service is asked. */
export function useChannel(event: SungEvent, taxon: LaneTaxon): string | null {
  const model = useModel();
  const { recording, analysis, threshold } = model;
  const scored = analysis.value?.settings.channels;
  const asked = useSignal<string | null>(null);
  const path = withQuery(`/v1/analyses/${analysis.value?.id ?? ""}/detections`, {
    taxon: taxon.code,
    from_s: event.onset_s,
    to_s: event.offset_s,
    onset_threshold: threshold.value,
  });
  useEffect(() => {
    asked.value = null;
    if (scored !== "each" || recording.peek().channels === 1) return undefined;
    const abort = new AbortController();
    fetchJson<{ items: Detection[] }>(path, { signal: abort.signal })
      .then(({ items }) => {
        const found = items.find(({ onset_s }) => Math.abs(onset_s - event.onset_s) < NEAR_S);
        asked.value = found?.channel == null ? null : String(found.channel);
      })
      .catch(() => undefined); // what is not known is not shown
    return () => abort.abort();
  }, [path, scored]);
  if (recording.value.channels === 1 || scored === undefined) return null;
  if (scored === "mix") return "All, mixed";
  return scored === "each" ? asked.value : String(scored);
}
