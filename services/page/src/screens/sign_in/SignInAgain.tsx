import "./sign_in.css";

import { useLayoutEffect, useRef } from "preact/hooks";

import { isAskedAgain } from "../../api/refusals";
import { session } from "../../api/session";
import { KeyForm } from "./KeyForm";

/** Asks for a key above what is on screen, of which nothing is lost: it goes on where it was. */
export function SignInAgain() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const wasOpen = session.value?.open === true;
  return (
    <dialog
      ref={dialog}
      class="sign-in again"
      aria-labelledby="sign-in-again"
      onCancel={(event) => event.preventDefault()}
      // Browsers close it all the same when Esc is pressed twice.
      onClose={() => isAskedAgain.peek() && dialog.current?.showModal()}
    >
      <h1 id="sign-in-again">{wasOpen ? "A key is needed now" : "Sign in again"}</h1>
      <p>
        {wasOpen
          ? "Somebody has made a key for this service, and from then on it asks for one."
          : "Your session has ended: it was not used for a week, or its key was revoked."}{" "}
        Nothing on this page is lost; it goes on once you have signed in.
      </p>
      <KeyForm />
    </dialog>
  );
}
