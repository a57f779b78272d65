import "./verdicts.css";

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { askNoMore, isNameAsked, reviewer, takeName } from "./reviewer";

/** Where no keys are used, who reviews is asked once, before the first verdict is saved. */
export function AskName() {
  return isNameAsked.value ? <Asking /> : null;
}

function Asking() {
  const name = useSignal(reviewer.peek());
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    field.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <form
      class="ask-name"
      onSubmit={(event) => {
        event.preventDefault();
        takeName(name.value);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        askNoMore();
      }}
    >
      <label>
        Who is reviewing?
        <input
          ref={field}
          required
          maxLength={100}
          autocomplete="name"
          value={name.value}
          onInput={(event) => (name.value = event.currentTarget.value)}
        />
      </label>
      <p class="soft">Your name stands beside what you decide. This browser remembers it.</p>
      <div class="acts">
        <button type="submit" class="primary">
          Save
        </button>
        <button type="button" onClick={askNoMore}>
          Cancel
        </button>
      </div>
    </form>
  );
}
