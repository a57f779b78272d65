import "./correction.css";

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { Recording } from "../../../api/types";
import { complain, notify } from "../../../app/notices";
import type { RecordingList } from "../listing/recording_list";
import { sayRefused, useAsking } from "../panel/asking";
import { Panel, PanelButtons } from "../panel/Panel";
import { Refusals } from "../panel/Refusals";
import { countOf } from "../words";
import { Impossible, planChanges, planUndo, type Change, type Wanted } from "./changes";
import { PlaceFields } from "./PlaceFields";
import { Preview } from "./Preview";
import { sendChanges } from "./sending";
import { SiteField } from "./SiteField";
import { StartFields } from "./StartFields";
import { explainTwin } from "./Twin";

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
  const asking = useAsking("changed", onClose);
  const seen = useFirstSeen(recordings);
  const plan = planOrFault(seen, wanted.value);
  const changes = plan.changes.filter(({ recording }) => asking.isLeft(recording.id));

  const send = async () => {
    const { done, refused } = await sendChanges(changes);
    show(list, done);
    const changed = done.map(({ recording }) => recording);
    const undo = async () => asking.forget(await takeBack(list, done));
    if (done.length > 0) notify(`${countOf(done.length, "recording")} changed.`, () => void undo().catch(complain));
    return { done: changed, refused };
  };

  return (
    <Panel
      name="correction"
      title={recordings.length === 1 ? recordings[0]?.filename : `Edit ${countOf(recordings.length, "recording")}`}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void asking.send(send);
        }}
      >
        <SiteField recordings={seen} wanted={wanted} />
        <PlaceFields recordings={seen} wanted={wanted} />
        <StartFields recordings={seen} wanted={wanted} />
        {plan.fault !== null && <p role="alert">{plan.fault}</p>}
        <Preview
          left={seen.filter(({ id }) => asking.isLeft(id)).length}
          changes={changes}
          start={wanted.value.start}
        />
        <Refusals asking={asking} explain={explainTwin} />
        <PanelButtons
          send={`Change ${countOf(changes.length || seen.length, "recording")}`}
          busy={asking.isBusy.value ? "Changing…" : null}
          isIdle={changes.length === 0}
          onClose={onClose}
        />
      </form>
    </Panel>
  );
}

/** The recordings as the panel first saw them: what is sent once more, because an answer was lost, is then the same. */
function useFirstSeen(recordings: readonly Recording[]): readonly Recording[] {
  const seen = useRef(new Map<string, Recording>()).current;
  return recordings.map((each) => {
    const first = seen.get(each.id) ?? each;
    seen.set(each.id, first);
    return first;
  });
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

/** Return those that are as before. */
async function takeBack(list: RecordingList | null, changes: readonly Change[]): Promise<Recording[]> {
  const { done, refused } = await sendChanges(planUndo(changes));
  show(list, done);
  if (done.length > 0) notify(`${countOf(done.length, "recording")} as before.`);
  if (refused.length > 0) complain(new Error(sayRefused(refused, "taken back")));
  return done.map(({ recording }) => recording);
}
