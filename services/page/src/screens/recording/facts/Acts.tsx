import { may } from "../../../api/session";
import { useModel } from "../model";
import { DownloadMenu } from "./DownloadMenu";

/** What can be done with the recording. */
export function Acts({ onPanel }: { onPanel: (panel: "analyze" | "edit") => void }) {
  const { recording } = useModel();
  const hasAudio = recording.value.audio_removed_at === null;
  return (
    <div class="acts">
      {may("upload") && (
        <button type="button" onClick={() => onPanel("edit")}>
          Edit site, place and start
        </button>
      )}
      {may("upload") && hasAudio && (
        <button type="button" onClick={() => onPanel("analyze")}>
          Analyze again
        </button>
      )}
      <DownloadMenu />
    </div>
  );
}
