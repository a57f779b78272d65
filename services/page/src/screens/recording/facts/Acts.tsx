import { may } from "../../../api/session";
import { useModel } from "../model";
import { DownloadMenu } from "./DownloadMenu";

/** What can be done with the recording. */
export function Acts({ onAnalyze }: { onAnalyze: () => void }) {
  const { recording } = useModel();
  const hasAudio = recording.value.audio_removed_at === null;
  return (
    <div class="acts">
      {may("upload") && hasAudio && (
        <button type="button" onClick={onAnalyze}>
          Analyze again
        </button>
      )}
      <DownloadMenu />
    </div>
  );
}
