import "../../../sound/controls/player.css";

import { isLooping } from "../../../app/preferences";
import { useShortcuts } from "../../../app/shortcuts";
import { GainControl, stepGain } from "../../../sound/controls/GainControl";
import { HighPassControl } from "../../../sound/controls/HighPassControl";
import { LoopIcon, PauseIcon, PlayIcon } from "../../../sound/controls/icons";
import { LOADING } from "../../../sound/failures";
import type { QueuedEvent } from "../types";
import { highestHz } from "./draw_stage";
import type { EventPlayer } from "./event_player";

/** Sampled so often, a recording holds what is too high to hear. */
const HIGH_HZ = 96_000;
const HIGHEST = [4000, 8000, 12_000, 0];

/** What is heard of the event, and how. */
export function PlayerRow({ player, event }: { player: EventPlayer; event: QueuedEvent }) {
  useShortcuts([
    { key: " ", does: "Play or pause", run: () => player.toggle(), once: true },
    { key: "r", does: "Play again from the beginning", run: () => player.replay(), once: true },
    { key: "ArrowLeft", does: "Back by 1 s", run: () => player.step(-1) },
    { key: "ArrowRight", does: "Forward by 1 s", run: () => player.step(1) },
    { key: "l", does: "Loop on or off", run: toggleLoop, once: true },
    { key: "g", does: "Louder by 6 dB, then as recorded", run: stepGain, once: true },
    { key: "f", does: "Fewer frequencies, then all", run: stepHighest, once: true },
  ]);
  const isPlaying = player.state.value !== "stopped";
  const words = player.words.value;
  return (
    <div class="row player">
      <div class="gutter" />
      <div class="controls">
        <button
          type="button"
          class="play"
          title={isPlaying ? "Pause (Space)" : "Play (Space)"}
          onClick={() => player.toggle()}
        >
          {isPlaying ? <PauseIcon /> : <PlayIcon />}
          {isPlaying ? "Pause" : "Play"}
        </button>
        <button type="button" title="Play again from 2 s before the event (R)" onClick={() => player.replay()}>
          Replay <kbd aria-hidden="true">R</kbd>
        </button>
        <button type="button" aria-pressed={isLooping.value} title="Loop the event (L)" onClick={toggleLoop}>
          <LoopIcon />
          Loop
        </button>
        {event.sample_rate_hz >= HIGH_HZ && (
          <button
            type="button"
            aria-pressed={player.slow.value === 10}
            title="Ten times slower and lower: a bat at 40 kHz is heard at 4 kHz"
            onClick={() => (player.slow.value = player.slow.value === 10 ? 1 : 10)}
          >
            10× slower
          </button>
        )}
        <div class="tuning">
          <GainControl />
          <HighPassControl />
          <label title="Frequencies that are shown (F)">
            Up to
            <select
              value={String(highestHz.value)}
              onChange={(change) => (highestHz.value = Number(change.currentTarget.value))}
            >
              {HIGHEST.map((hz) => (
                <option key={hz} value={String(hz)}>
                  {hz === 0 ? "All" : `${hz / 1000} kHz`}
                </option>
              ))}
            </select>
          </label>
        </div>
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

function stepHighest(): void {
  highestHz.value = HIGHEST[(HIGHEST.indexOf(highestHz.value) + HIGHEST.length - 1) % HIGHEST.length] ?? 0;
}
