import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";

import { useShortcuts } from "../../../app/shortcuts";

/** A note that is kept with the verdict; Enter goes back to the keys. */
export function NoteField({ note }: { note: Signal<string> }) {
  const field = useRef<HTMLInputElement>(null);
  useShortcuts([{ key: "m", does: "Write a note", run: () => field.current?.focus(), once: true }]);
  return (
    <label class="note">
      Note <kbd aria-hidden="true">M</kbd>
      <input
        ref={field}
        type="text"
        maxLength={2000}
        placeholder="Kept with the verdict"
        value={note.value}
        onInput={(input) => (note.value = input.currentTarget.value)}
        onKeyDown={(press) => {
          if (press.key !== "Enter" && press.key !== "Escape") return;
          press.preventDefault();
          press.currentTarget.blur();
        }}
      />
    </label>
  );
}
