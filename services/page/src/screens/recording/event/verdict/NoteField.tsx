import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  note: string;
  onSave: (note: string) => void;
  onClose: () => void;
}

/** What the reviewer adds in words. */
export function NoteField({ note, onSave, onClose }: Props) {
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = useSignal(note);
  useLayoutEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <form
      class="note-field"
      onSubmit={(event) => {
        event.preventDefault();
        onSave(draft.value.trim());
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        onClose();
      }}
    >
      <label>
        Note
        <textarea
          ref={field}
          rows={3}
          maxLength={2000}
          value={draft.value}
          onInput={(event) => (draft.value = event.currentTarget.value)}
        />
      </label>
      <div class="acts">
        <button type="submit" class="primary">
          Save note
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
