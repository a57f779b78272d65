import "../../../drawing/cursor.css";

import { useSignal, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { timeMode } from "../../../app/preferences";
import { useShortcuts } from "../../../app/shortcuts";
import { drawFrequencyAxis } from "../../../drawing/frequency_axis";
import { formatKhz } from "../../../drawing/frequency_scale";
import { Plot } from "../../../drawing/Plot";
import { AXIS_HEIGHT, drawTimeAxis } from "../../../drawing/time_axis";
import { timeScale } from "../../../drawing/time_scale";
import { localTime } from "../../../time/clock";
import type { ReviewLoop } from "../loop/review_loop";
import { sayEvent } from "../loop/words";
import type { QueuedEvent } from "../types";
import { bandOf, StagePainter } from "./draw_stage";
import { EventPlayer } from "./event_player";
import { PictureCache } from "./picture_cache";
import { PlayerRow } from "./PlayerRow";
import { stretchOf } from "./stretch";
import { StageProblem } from "./StageProblem";

const HEIGHT = 256;
const switchTimes = () => (timeMode.value = timeMode.value === "clock" ? "position" : "clock");
const KEYS = [{ key: "t", does: "Times by the recorder’s clock, or from the start", run: switchTimes }];

/** The event that is looked at, with two seconds around it: seen and heard. */
export function Stage({ loop, event }: { loop: ReviewLoop; event: QueuedEvent }) {
  const cache = useMemo(() => new PictureCache(), [loop]);
  const painter = useMemo(() => new StagePainter(loop, cache), [loop, cache]);
  const place = useRef<HTMLDivElement>(null);
  const player = useSignal<EventPlayer | null>(null);
  useShortcuts(KEYS);
  useLayoutEffect(() => {
    if (place.current === null) return;
    const made = new EventPlayer(loop, cache, place.current);
    player.value = made;
    return () => {
      made.close();
      cache.keep([]);
      player.value = null;
    };
  }, [loop, cache]);
  const pictures = cache.of(event);
  const about = pictures.about.value;
  const { start_s, end_s } = stretchOf(event);
  return (
    <section class="stage" aria-label="Sound of the event">
      <div class="row">
        <div class="gutter" />
        <Plot
          height={AXIS_HEIGHT}
          summary="Time axis"
          draw={(context, size) =>
            drawTimeAxis(context, timeScale(start_s, end_s - start_s, size.width), startOf(event))
          }
        />
      </div>
      <div class="row">
        {about === null ? (
          <div class="gutter" />
        ) : (
          <Plot
            height={HEIGHT}
            summary={`Frequency axis, up to ${formatKhz(bandOf(about)[1])} kHz`}
            draw={(context, size) => drawFrequencyAxis(context, size, bandOf(about))}
          />
        )}
        <div
          class="picture"
          aria-busy={!painter.isWhole.value}
          onClick={(click) => {
            const box = click.currentTarget.getBoundingClientRect();
            player.value?.playFrom(start_s + ((click.clientX - box.left) / box.width) * (end_s - start_s));
          }}
        >
          <Plot height={HEIGHT} summary={`Spectrogram: ${sayEvent(event)}`} draw={painter.draw} />
          {player.value !== null && <CursorLine player={player.value} event={event} />}
          <StageProblem event={event} painter={painter} pictures={pictures} retry={() => cache.retry(event)} />
        </div>
      </div>
      <div ref={place} hidden />
      {player.value !== null && <PlayerRow player={player.value} event={event} />}
    </section>
  );
}

/** The start of the recording on its own clock, null where positions are to be shown. */
function startOf({ started_at, onset_s }: QueuedEvent): string | null {
  if (timeMode.value === "position" || started_at === null) return null;
  const start = localTime(started_at, -onset_s, 3);
  return start === null ? null : `${start.date}T${start.time}${start.offset}`;
}

/** Where the sound is; moving it draws nothing anew. */
function CursorLine({ player, event }: { player: EventPlayer; event: QueuedEvent }) {
  const line = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const { start_s, end_s } = stretchOf(event);
    const share = (player.cursor_s.value - start_s) / (end_s - start_s);
    if (line.current === null) return;
    line.current.hidden = share < 0 || share > 1;
    line.current.style.transform = `translateX(${100 * Math.min(Math.max(share, 0), 1)}%)`;
  });
  return (
    <div class="cursor-lines" aria-hidden="true">
      <div key={event.onset_s} ref={line} class="line cursor" hidden />
    </div>
  );
}
