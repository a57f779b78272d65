import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

import { asProblem } from "../../api/problems";
import type { Key } from "../../api/types";
import { complain, notify } from "../../app/notices";
import { useOneAtATime } from "../../app/one_at_a_time";
import type { KeyList } from "./key_list";

/** Asks before a key is revoked: that cannot be undone. */
export function RevokeDialog({ list, keyOf, close }: { list: KeyList; keyOf: Key; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const problem = useSignal<string | null>(null);
  const once = useOneAtATime();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const revoke = async () => {
    try {
      await list.revoke(keyOf);
      notify(`The key for ${keyOf.name} is revoked.`);
      dialog.current?.close();
    } catch (error) {
      // Esc closes the dialog at any time: then it is said elsewhere.
      if (dialog.current === null) complain(error);
      problem.value = asProblem(error).detail;
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
        <button class="primary" type="button" aria-disabled={once.isBusy.value} onClick={() => void once.run(revoke)}>
          Revoke key
        </button>
        <button type="button" onClick={() => dialog.current?.close()}>
          Keep it
        </button>
      </div>
    </dialog>
  );
}
