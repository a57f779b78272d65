import { isLooping } from "../../../app/preferences";
import { useShortcuts } from "../../../app/shortcuts";
import { LOADING } from "../../../sound/failures";
import { useModel } from "../model";
import { GainControl, stepGain } from "../../../sound/controls/GainControl";
import { HighPassControl } from "../../../sound/controls/HighPassControl";
import { LoopIcon, PauseIcon, PlayIcon } from "../../../sound/controls/icons";
import type { Playback } from "./playback";
import { PlayerTime } from "./PlayerTime";
import { HIGH_HZ, SlowButton, SlowHint } from "./SlowControl";

/** The bar under the spectrogram: what is heard, where it is, and how it sounds. */
export function PlayerBar({ playback }: { playback: Playback }) {
  const model = useModel();
  useShortcuts([
    { key: " ", does: "Play or pause", run: () => playback.toggle(), once: true },
    { key: "r", does: "Play again from the beginning", run: () => playback.replay(), once: true },
    { key: "ArrowLeft", does: "Back by 1 s", run: () => playback.step(-1) },
    { key: "ArrowRight", does: "Forward by 1 s", run: () => playback.step(1) },
    { key: "Shift+ArrowLeft", does: "Back by 10 s", run: () => playback.step(-10) },
    { key: "Shift+ArrowRight", does: "Forward by 10 s", run: () => playback.step(10) },
    { key: "l", does: "Loop on or off", run: toggleLoop, once: true },
    { key: "g", does: "Louder by 6 dB, then as recorded", run: stepGain, once: true },
  ]);
  const isPlaying = playback.state.value !== "stopped";
  const words = playback.words.value;
  const isHigh = model.recording.value.sample_rate_hz >= HIGH_HZ;
  const what = playback.isForEvent.value ? "the event, from 2 s before it" : "from the cursor";
  const loops = playback.isForEvent.value ? "Loop the event" : "Loop what is shown";
  return (
    <div class="row">
      <PlayerTime isLoading={words === LOADING} />
      <div class="controls">
        <button
          type="button"
          class="play primary"
          title={isPlaying ? "Pause (Space)" : `Play ${what} (Space)`}
          onClick={() => playback.toggle()}
        >
          {isPlaying ? <PauseIcon /> : <PlayIcon />}
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" aria-pressed={isLooping.value} title={`${loops} (L)`} onClick={toggleLoop}>
          <LoopIcon />
          Loop
        </button>
        {isHigh && <SlowButton slow={playback.slow} />}
        <div class="tuning">
          <GainControl />
          <HighPassControl />
        </div>
        {isHigh && <SlowHint slow={playback.slow} />}
        <p class="words" role="status">
          {words === LOADING ? "" : words}
        </p>
      </div>
    </div>
  );
}

function toggleLoop(): void {
  isLooping.value = !isLooping.value;
}
