import "./help.css";

import { useLayoutEffect, useRef } from "preact/hooks";

import { groupKeys, isHelpOpen, keyCaps } from "./key_help";
import { hasShortcuts } from "./preferences";
import { activeShortcuts, type Shortcut } from "./shortcuts";

/** All keys that do something in this view. It stands beside the view, not before it: the keys can be tried at once. */
export function Help() {
  const panel = useRef<HTMLDivElement>(null);
  // With the drawing, not after it: who presses the next key at once means what is there.
  useLayoutEffect(() => {
    const before = document.activeElement;
    panel.current?.focus();
    const closeOnEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || document.querySelector(":modal, :popover-open") !== null) return;
      event.preventDefault();
      isHelpOpen.value = false;
    };
    document.addEventListener("keydown", closeOnEscape, { capture: true });
    return () => {
      document.removeEventListener("keydown", closeOnEscape, { capture: true });
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <div ref={panel} class="help" role="dialog" aria-labelledby="help-title" tabIndex={-1}>
      <div class="top">
        <h2 id="help-title">Keyboard</h2>
        <button type="button" onClick={() => (isHelpOpen.value = false)}>
          Close
        </button>
      </div>
      {hasShortcuts.value ? (
        <div class="groups">
          {groupKeys(activeShortcuts()).map(({ title, shortcuts }) => (
            <section key={title}>
              <h3>{title}</h3>
              <dl>
                {shortcuts.map((each) => (
                  <KeyRow key={each.key} shortcut={each} />
                ))}
              </dl>
            </section>
          ))}
        </div>
      ) : (
        <p>Shortcuts are switched off: only Tab, Enter, Space and Esc do something.</p>
      )}
      <label class="switch">
        <input
          type="checkbox"
          checked={hasShortcuts.value}
          onChange={(event) => (hasShortcuts.value = event.currentTarget.checked)}
        />
        Shortcuts by single keys
      </label>
      <p class="soft">
        Never while you type, and never with Ctrl, Alt or ⌘. Switch them off where they get in the way of a screen
        reader or of speech input.
      </p>
    </div>
  );
}

function KeyRow({ shortcut }: { shortcut: Shortcut }) {
  return (
    <div>
      <dt>
        {keyCaps(shortcut.key).map((cap) => (
          <kbd key={cap}>{cap}</kbd>
        ))}
      </dt>
      <dd>{shortcut.does}</dd>
    </div>
  );
}
