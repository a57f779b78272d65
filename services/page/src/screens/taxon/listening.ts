/** One event after the other is heard, with what is around it; never two at once. */
import { signal } from "@preact/signals";

import type { Detection } from "../../api/types";
import { complain } from "../../app/notices";
import { clipLink } from "../recording/event/moment_link";

const AROUND_S = 2;

export class Listening {
  readonly playing = signal<Detection | null>(null);
  private audio: HTMLAudioElement | null = null;

  /** Play an event from the beginning, or stop it. Call it in answer to a click or key. */
  toggle(event: Detection): void {
    const isSame = this.playing.peek() === event;
    this.stop();
    if (isSame) return;
    const { recording_id, onset_s, offset_s, scientific_name: taxon, confidence, channel } = event;
    // The service ends a clip with its recording.
    const duration_s = offset_s + AROUND_S;
    const audio = new Audio(clipLink({ recording_id, duration_s, onset_s, offset_s, taxon, confidence, channel }));
    this.audio = audio;
    this.playing.value = event;
    const end = () => this.audio === audio && this.stop();
    audio.addEventListener("ended", end);
    audio.play().catch((error: unknown) => {
      if (this.audio !== audio) return;
      this.stop();
      complain(new Error(sayWhy(error)));
    });
  }

  stop(): void {
    this.audio?.pause();
    this.audio = null;
    this.playing.value = null;
  }
}

function sayWhy(error: unknown): string {
  const isMissing = error instanceof DOMException && error.name === "NotSupportedError";
  return isMissing
    ? "This event cannot be heard: its sound was removed, or the service is away."
    : "This browser did not play it: press Listen once more.";
}
