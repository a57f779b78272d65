import "./analyze_again.css";

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { fetchJson } from "../../../api/client";
import { askForEach, type Outcome } from "../../../api/each";
import type { Analysis, Pack, Recording } from "../../../api/types";
import { complain, notify } from "../../../app/notices";
import { NoPack } from "../states/EmptyList";
import { countOf } from "../words";
import { findFault, firstChoice, requestOf, type AnalysisRequest, type Choice } from "./choice";
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
  const refused = useSignal<Outcome<Recording, Analysis>["refused"]>([]);
  const begun = useSignal<ReadonlySet<string>>(new Set());
  const isSending = useSignal(false);
  const fault = useComputed(() => (choice.value === null ? null : findFault(choice.value)));
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    heading.current?.focus();
    fetchJson<{ items: Pack[] }>("/v1/packs")
      .then(({ items }) => {
        packs.value = items;
        choice.value = firstChoice(recordings, items);
      })
      .catch(complain);
  }, []);

  const audible = recordings.filter((each) => each.audio_removed_at === null);
  const waiting = audible.filter((each) => !begun.value.has(each.id));
  const begin = async () => {
    if (choice.value === null) return;
    isSending.value = true;
    const request = requestOf(
      choice.value,
      packs.value?.find((each) => each.name === choice.value?.pack),
    );
    const outcome = await askForEach(waiting, (each) => beginAnalysis(each, request));
    isSending.value = false;
    begun.value = new Set([...begun.value, ...outcome.done.map(({ item }) => item.id)]);
    refused.value = outcome.refused;
    onBegun?.(outcome.done.map(({ result }) => result));
    if (outcome.done.length > 0) notify(`${countOf(outcome.done.length, "recording")} will be analyzed again.`);
    if (outcome.refused.length === 0) onClose();
  };

  return (
    <section class="panel analyze-again" aria-labelledby="analyze-again">
      <h2 id="analyze-again" tabIndex={-1} ref={heading}>
        Analyze again
      </h2>
      {packs.value?.length === 0 && <NoPack />}
      {choice.value !== null && packs.value !== null && packs.value.length > 0 && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void begin().catch(complain);
          }}
        >
          <ChoiceFields
            choice={choice.value}
            packs={packs.value}
            recordings={audible}
            onChange={(changed) => (choice.value = changed)}
          />
          <Remarks recordings={recordings} fault={fault.value} refused={refused.value} />
          <div class="buttons">
            <button class="primary" type="submit" disabled={isSending.value || waiting.length === 0 || !!fault.value}>
              {isSending.value ? "Asking…" : `Analyze ${countOf(waiting.length, "recording")} again`}
            </button>
            <button type="button" onClick={onClose}>
              Close
            </button>
          </div>
        </form>
      )}
    </section>
  );
}

function beginAnalysis(recording: Recording, request: AnalysisRequest): Promise<Analysis> {
  return fetchJson<Analysis>(`/v1/recordings/${recording.id}/analyses`, { method: "POST", json: request });
}

interface RemarkProps {
  recordings: readonly Recording[];
  fault: string | null;
  refused: Outcome<Recording, Analysis>["refused"];
}

function Remarks({ recordings, fault, refused }: RemarkProps) {
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
      {refused.length > 0 && (
        <ul class="refusals" role="alert">
          {refused.map(({ item, problem }) => (
            <li key={item.id}>
              {item.filename}: {problem.detail}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
