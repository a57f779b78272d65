import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";

import { Problem } from "../../api/problems";
import type { Key } from "../../api/types";
import { notify } from "../../app/notices";
import type { KeyList } from "./key_list";

/** Asks before a key is revoked: that cannot be undone. */
export function RevokeDialog({ list, keyOf, close }: { list: KeyList; keyOf: Key; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const problem = useSignal<string | null>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const revoke = async () => {
    try {
      await list.revoke(keyOf);
      notify(`The key for ${keyOf.name} is revoked.`);
      dialog.current?.close();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error.detail;
    }
  };
  return (
    <dialog ref={dialog} class="revoke" aria-labelledby="revoke" onClose={close}>
      <h2 id="revoke">Revoke the key for {keyOf.name}?</h2>
      <p>
        Whoever uses it is refused from now on, and browsers that signed in with it are signed out. This cannot be
        undone.
        {keyOf.is_yours && " It is the key that you are signed in with: you will need another one."}
      </p>
      {problem.value !== null && (
        <p class="say bad" role="alert">
          {problem.value}
        </p>
      )}
      <div class="line">
        <button class="primary" type="button" onClick={() => void revoke()} disabled={problem.value !== null}>
          Revoke key
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
      </div>
    </dialog>
  );
}
