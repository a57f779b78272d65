import { useSignal } from "@preact/signals";

import { notify } from "../../../app/notices";
import { query } from "../../../app/router";
import type { LaneTaxon } from "../lanes";
import { useModel, type SungEvent } from "../model";
import { clipLink, momentLink } from "./moment_link";

/** What can be done with an event. Where people say whether it is right, that comes first, above these. */
export function EventActs({ event, taxon }: { event: SungEvent; taxon: LaneTaxon }) {
  const model = useModel();
  const recording = model.recording.value;
  const [recording_id, code] = [recording.id, taxon.code];
  const link = new URL(
    momentLink({
      recording_id,
      t: event.onset_s,
      taxon: code,
      threshold: model.threshold.value,
      analysis: query.value.get("analysis"),
      hz: query.value.get("hz"),
      db: query.value.get("db"),
      channel: query.value.get("channel"),
    }),
    location.href,
  ).href;
  const { duration_s } = recording;
  const channel = model.channel.value;
  return (
    <div class="acts">
      <CopyButton key={link} link={link} />
      {recording.audio_removed_at === null ? (
        <a
          download=""
          class="button"
          href={clipLink({ ...event, recording_id, duration_s, taxon: taxon.scientific_name, channel })}
        >
          Save as sound file
        </a>
      ) : (
        <span class="soft">The sound was removed</span>
      )}
    </div>
  );
}

/** Browsers let pages write to the clipboard only over HTTPS or on this machine: elsewhere the link is shown. */
function CopyButton({ link }: { link: string }) {
  const isShown = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      notify("Copied the link to this moment");
    } catch {
      isShown.value = true;
    }
  };
  if (!isShown.value) {
    return (
      <button type="button" onClick={() => void copy()}>
        Copy link to this moment
      </button>
    );
  }
  return (
    <label class="link">
      Link to this moment, to copy
      <input readOnly value={link} ref={(input) => input?.select()} />
    </label>
  );
}
