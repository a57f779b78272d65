import "./player.css";

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { useModel } from "../model";
import { Playback } from "./playback";
import { PlayerBar } from "./PlayerBar";
import { WithoutAudio } from "./WithoutAudio";

/** Plays what is shown or selected, or says why it cannot. */
export function Player() {
  const model = useModel();
  const place = useRef<HTMLDivElement>(null);
  const playback = useSignal<Playback | null>(null);
  const isRemoved = model.recording.value.audio_removed_at !== null;
  useEffect(() => {
    if (place.current === null || isRemoved) return;
    const made = new Playback(model, place.current);
    playback.value = made;
    return () => {
      made.close();
      playback.value = null;
    };
  }, [model, isRemoved]);
  return (
    <section class="player" aria-label="Player">
      <div ref={place} hidden />
      {isRemoved && <WithoutAudio />}
      {playback.value !== null && <PlayerBar playback={playback.value} />}
    </section>
  );
}
