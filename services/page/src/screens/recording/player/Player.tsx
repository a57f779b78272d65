import "../../../sound/controls/player.css";

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { useModel } from "../model";
import { Playback } from "./playback";
import { PlayerBar } from "./PlayerBar";

/** Plays what is shown or selected. */
export function Player() {
  const model = useModel();
  const place = useRef<HTMLDivElement>(null);
  const playback = useSignal<Playback | null>(null);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const made = new Playback(model, place.current);
    playback.value = made;
    return () => {
      made.close();
      playback.value = null;
    };
  }, [model]);
  return (
    <section class="player" aria-label="Player">
      <div ref={place} hidden />
      {playback.value !== null && <PlayerBar playback={playback.value} />}
    </section>
  );
}
