import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { fetchJson } from "../../../api/client";
import { askForEach } from "../../../api/each";
import { newKey } from "../../../api/request_key";
import type { Analysis, Pack, Recording } from "../../../api/types";
import { complain, notify } from "../../../app/notices";
import { useAsking } from "../panel/asking";
import { Panel, PanelButtons } from "../panel/Panel";
import { Refusals } from "../panel/Refusals";
import { NoPack } from "../states/EmptyList";
import { countOf } from "../words";
import { findFault, firstChoice, requestOf, type Choice } from "./choice";
import { ChoiceFields } from "./ChoiceFields";

interface Props {
  /** One or many; those whose audio is gone are left out, and that is said. */
  recordings: readonly Recording[];
  onClose: () => void;
  /** Called with what was begun; the stream of changes tells of it, too. */
  onBegun?: (analyses: readonly Analysis[]) => void;
}

/** A panel that has recordings analyzed with another pack or other settings. The results that are there stay. */
export function AnalyzeAgain({ recordings, onClose, onBegun }: Props) {
  const packs = useSignal<readonly Pack[] | null>(null);
  const choice = useSignal<Choice | null>(null);
  const asking = useAsking("sent to be analyzed again", onClose);
  const begin = useBeginning();
  const fault = useComputed(() => (choice.value === null ? null : findFault(choice.value)));

  useEffect(() => {
    fetchJson<{ items: Pack[] }>("/v1/packs")
      .then(({ items }) => {
        packs.value = items;
        choice.value = firstChoice(recordings, items);
      })
      .catch(complain);
  }, []);

  const audible = recordings.filter((each) => each.audio_removed_at === null);
  const waiting = audible.filter((each) => asking.isLeft(each.id));
  const send = async (chosen: Choice, pack: Pack | undefined) => {
    const request = JSON.stringify(requestOf(chosen, pack));
    const { done, refused } = await askForEach(waiting, (each) => begin(each, request));
    onBegun?.(done.map(({ result }) => result));
    if (done.length > 0) notify(`${countOf(done.length, "recording")} will be analyzed again.`);
    return { done: done.map(({ item }) => item), refused };
  };

  return (
    <Panel name="analyze-again" title="Analyze again">
      {packs.value?.length === 0 && <NoPack />}
      {choice.value !== null && packs.value !== null && packs.value.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const chosen = choice.peek();
            if (chosen === null) return;
            const pack = packs.peek()?.find((each) => each.name === chosen.pack);
            void asking.send(() => send(chosen, pack));
          }}
        >
          <ChoiceFields
            choice={choice.value}
            packs={packs.value}
            recordings={audible}
            onChange={(changed) => (choice.value = changed)}
          />
          <Remarks recordings={recordings} fault={fault.value} />
          <Refusals asking={asking} />
          <PanelButtons
            send={`Analyze ${countOf(waiting.length, "recording")} again`}
            busy={asking.isBusy.value ? "Asking…" : null}
            isIdle={waiting.length === 0 || fault.value !== null}
            onClose={onClose}
          />
        </form>
      )}
    </Panel>
  );
}

/** Begins an analysis of a recording; asked for again, because the answer was lost, it is the same one. */
function useBeginning(): (recording: Recording, request: string) => Promise<Analysis> {
  const keys = useRef(new Map<string, string>()).current;
  return ({ id }, request) => {
    const key = keys.get(id + request) ?? newKey();
    keys.set(id + request, key);
    return fetchJson<Analysis>(`/v1/recordings/${id}/analyses`, {
      method: "POST",
      body: request,
      headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    });
  };
}

function Remarks({ recordings, fault }: { recordings: readonly Recording[]; fault: string | null }) {
  const silent = recordings.filter((each) => each.audio_removed_at !== null).length;
  return (
    <>
      <p class="soft">
        Results that are there stay. Lists show those of the newest analysis, the recording’s own view shows all.
      </p>
      {silent > 0 && (
        <p>
          The audio of {silent === 1 ? "one" : silent} of {countOf(recordings.length, "recording")} was removed: that
          cannot be analyzed again.
        </p>
      )}
      {fault !== null && <p role="alert">{fault}</p>}
    </>
  );
}
