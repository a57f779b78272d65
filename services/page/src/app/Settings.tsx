import "./settings.css";

import type { Signal } from "@preact/signals";

import { may } from "../api/session";
import { Choice } from "./Choice";
import { colorMap, colorScheme, hasShortcuts, hidesVoices, timeMode } from "./preferences";

/** What a person may want otherwise: kept in this browser, and in force at once. */
export function Settings() {
  return (
    <>
      <button class="quiet" type="button" popovertarget="settings">
        Settings
      </button>
      <div id="settings" popover="auto" role="dialog" aria-label="Settings">
        <Choice
          legend="Colors"
          chosen={colorScheme}
          options={{ system: "As the device", light: "Light", dark: "Dark" }}
        />
        <Choice legend="Spectrogram" chosen={colorMap} options={{ gray: "Gray", magma: "Magma", viridis: "Viridis" }} />
        <Choice legend="Times" chosen={timeMode} options={{ clock: "Time of day", position: "Position" }} />
        <div>
          <Switch on={hidesVoices}>Hide detections of human voices</Switch>
          <Switch on={hasShortcuts}>Shortcuts by single keys</Switch>
        </div>
        <p class="links" onClick={(event) => event.currentTarget.closest<HTMLElement>("[popover]")?.hidePopover()}>
          <a href="/docs">For programs: the API</a>
          {may("admin") && <a href="/keys">Keys</a>}
        </p>
      </div>
    </>
  );
}

function Switch({ on, children }: { on: Signal<boolean>; children: string }) {
  return (
    <label class="switch">
      <input type="checkbox" checked={on.value} onChange={(event) => (on.value = event.currentTarget.checked)} />
      {children}
    </label>
  );
}
