import { localTime } from "../../../time/clock";
import { useModel } from "../model";

/** Stands in the player's place where the recording's audio was removed: what is kept, and how to get it back. */
export function WithoutAudio() {
  const removed = localTime(useModel().recording.value.audio_removed_at);
  return (
    <p class="say">
      The audio was removed{removed !== null && ` on ${removed.date}`} to free space. What was heard in it is kept.
      Upload the same file again to listen to it.
    </p>
  );
}
