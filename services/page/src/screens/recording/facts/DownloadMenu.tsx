import { useEffect, useRef } from "preact/hooks";

import { FORMATS_OF_ONE } from "../../../exports/formats";
import { exportLink, sayNothingToSave } from "../events/exports";
import { useModel } from "../model";
import { formatSize } from "./words";

/** The recording as it was uploaded, and its events in the formats of other programs, cut at the slider's threshold. */
export function DownloadMenu() {
  const model = useModel();
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => closeElsewhere(menu.current), []);
  const recording = model.recording.value;
  const analysis = model.analysis.value;
  const threshold = model.threshold.value;
  const nothing = analysis === null ? null : sayNothingToSave(model, null);
  return (
    <details class="menu" ref={menu}>
      <summary class="button">Download</summary>
      <ul role="list">
        {nothing !== null && (
          <li>
            <span class="soft">{nothing}</span>
          </li>
        )}
        {(analysis === null ? [] : FORMATS_OF_ONE).map(({ id, name }) => {
          const link = exportLink(model, id, null);
          return (
            link !== null && (
              <li key={id}>
                <a download href={link}>
                  Events as {name}
                  {threshold !== null && <span class="soft"> at threshold {threshold}</span>}
                </a>
              </li>
            )
          );
        })}
        <li>
          {recording.audio_removed_at === null ? (
            <a download={recording.filename} href={`/v1/recordings/${recording.id}/audio`}>
              The recording <span class="soft">{formatSize(recording.size_bytes)}</span>
            </a>
          ) : (
            <span class="soft">The recording was removed</span>
          )}
        </li>
      </ul>
    </details>
  );
}

/** Close a menu by Esc, and by a click elsewhere or on one of its links. */
function closeElsewhere(menu: HTMLDetailsElement | null): () => void {
  const close = (event: Event) => {
    if (menu === null || !menu.open) return;
    const isOnSummary = event.target instanceof Element && event.target.closest("summary")?.parentElement === menu;
    if (event instanceof KeyboardEvent ? event.key === "Escape" : !isOnSummary) menu.open = false;
  };
  document.addEventListener("click", close);
  document.addEventListener("keydown", close);
  return () => {
    document.removeEventListener("click", close);
    document.removeEventListener("keydown", close);
  };
}
