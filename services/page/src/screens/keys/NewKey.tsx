import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import type { KeyList } from "./key_list";

/** The key that was just made, this once. */
export function NewKey({ list }: { list: KeyList }) {
  const key = list.made.value;
  const field = useRef<HTMLInputElement>(null);
  const isCopied = useSignal(false);
  useLayoutEffect(() => {
    isCopied.value = false;
    field.current?.focus();
    field.current?.select();
  }, [key]);
  if (key === null) return null;
  const copy = async () => {
    field.current?.select();
    try {
      await navigator.clipboard.writeText(key.key);
      isCopied.value = true;
    } catch {
      // Pages that came over plain HTTP from another machine may not: the key is selected, and Ctrl+C takes it.
      isCopied.value = false;
    }
  };
  return (
    <section class="new-key" aria-labelledby="new-key">
      <h2 id="new-key">The key for {key.name}</h2>
      <p>
        Keep it somewhere safe now: it is stored nowhere and shown only this once.
        {key.scopes.includes("admin") && " Whoever has it may do everything here."}
      </p>
      <div class="line">
        <input
          ref={field}
          class="secret"
          readOnly
          spellcheck={false}
          aria-label={`Key for ${key.name}`}
          value={key.key}
        />
        <button class="primary" type="button" onClick={() => void copy()}>
          Copy key
        </button>
        <button type="button" onClick={() => (list.made.value = null)}>
          I have kept it
        </button>
        <span role="status" class="soft">
          {isCopied.value ? "Copied." : ""}
        </span>
      </div>
    </section>
  );
}
