import "./correction.css";

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { complain, notify } from "../../../app/notices";
import type { Recording } from "../../../api/types";
import type { RecordingList } from "../listing/recording_list";
import { countOf } from "../words";
import { Impossible, planChanges, planUndo, type Change, type Wanted } from "./changes";
import { PlaceFields } from "./PlaceFields";
import { Preview } from "./Preview";
import { sendChanges, type Refusal } from "./sending";
import { SiteField } from "./SiteField";
import { StartFields } from "./StartFields";

interface Props {
  /** One or many. */
  recordings: readonly Recording[];
  /** Shows corrections at once; null: what is shown follows the stream of changes. */
  list: RecordingList | null;
  onClose: () => void;
}

const UNTOUCHED: Wanted = { site: null, place: null, start: { kind: "keep" } };

/** A panel in which site, place and start of recordings are corrected; what is not touched stays as it is. */
export function CorrectionPanel({ recordings, list, onClose }: Props) {
  const wanted = useSignal(UNTOUCHED);
  const refused = useSignal<readonly Refusal[]>([]);
  const isSending = useSignal(false);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const plan = planOrFault(recordings, wanted.value);

  const send = async (changes: readonly Change[]) => {
    isSending.value = true;
    const sent = await sendChanges(changes);
    isSending.value = false;
    show(list, sent.done);
    refused.value = sent.refused;
    if (sent.done.length > 0) {
      notify(
        `${countOf(sent.done.length, "recording")} changed.`,
        () => void takeBack(list, sent.done).catch(complain),
      );
    }
    if (sent.refused.length === 0) onClose();
  };

  return (
    <section class="panel correction" aria-labelledby="correction">
      <h2 id="correction" tabIndex={-1} ref={heading}>
        {recordings.length === 1 ? recordings[0]?.filename : `Edit ${countOf(recordings.length, "recording")}`}
      </h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send(plan.changes).catch(complain);
        }}
      >
        <SiteField recordings={recordings} wanted={wanted} />
        <PlaceFields recordings={recordings} wanted={wanted} />
        <StartFields recordings={recordings} wanted={wanted} />
        {plan.fault !== null && <p role="alert">{plan.fault}</p>}
        <Preview recordings={recordings} changes={plan.changes} start={wanted.value.start} />
        <Refusals refused={refused.value} />
        <div class="buttons">
          <button class="primary" type="submit" disabled={isSending.value || plan.changes.length === 0}>
            {isSending.value ? "Changing…" : `Change ${countOf(plan.changes.length || recordings.length, "recording")}`}
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </section>
  );
}

function planOrFault(recordings: readonly Recording[], wanted: Wanted): { changes: Change[]; fault: string | null } {
  try {
    return { changes: planChanges(recordings, wanted), fault: null };
  } catch (error) {
    if (!(error instanceof Impossible)) throw error;
    return { changes: [], fault: error.message };
  }
}

/** Show at once what the stream of changes will tell, too. */
function show(list: RecordingList | null, changes: readonly Change[]): void {
  for (const { recording, fields } of changes) list?.find(recording.id)?.correct(fields);
}

async function takeBack(list: RecordingList | null, changes: readonly Change[]): Promise<void> {
  const { done, refused } = await sendChanges(planUndo(changes));
  show(list, done);
  if (done.length > 0) notify(`${countOf(done.length, "recording")} as before.`);
  const first = refused[0];
  if (first !== undefined) {
    complain(
      new Error(`${countOf(refused.length, "recording")} not taken back. ${first.recording.filename}: ${first.reason}`),
    );
  }
}

function Refusals({ refused }: { refused: readonly Refusal[] }) {
  if (refused.length === 0) return null;
  return (
    <div role="alert">
      <p>{countOf(refused.length, "recording")} could not be changed:</p>
      <ul class="refusals">
        {refused.map(({ recording, reason, twinId }) => (
          <li key={recording.id}>
            <strong>{recording.filename}</strong>: {reason}{" "}
            {twinId !== null && <a href={`/recordings/${twinId}`}>See the other one</a>}
          </li>
        ))}
      </ul>
    </div>
  );
}
