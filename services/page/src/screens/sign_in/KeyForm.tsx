import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";

import { Problem } from "../../api/problems";
import { signIn } from "../../api/session";
import { useSecondsLeft } from "./useSecondsLeft";

/** Asks for a key. Password managers keep it under the name of this service. */
export function KeyForm() {
  const input = useRef<HTMLInputElement>(null);
  const key = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const isSending = useSignal(false);
  const wait = useSecondsLeft(problem.value?.retryAfterS ?? null, problem.value);
  const said = useId();
  useEffect(() => input.current?.focus(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    isSending.value = true;
    try {
      await signIn(key.value.trim());
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problem.value = error;
      input.current?.select();
      input.current?.focus();
    } finally {
      isSending.value = false;
    }
  };
  return (
    <form class="key-form" onSubmit={(event) => void submit(event)}>
      <input
        class="hidden-visually"
        type="text"
        name="username"
        autocomplete="username"
        value="Dawn Chorus"
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      <label>
        Key
        <input
          ref={input}
          type="password"
          autoFocus
          name="password"
          autocomplete="current-password"
          required
          spellcheck={false}
          value={key}
          aria-invalid={problem.value?.status === 401}
          aria-describedby={problem.value === null ? undefined : said}
          onInput={(event) => (key.value = event.currentTarget.value)}
        />
      </label>
      {problem.value !== null && (
        <p class="say bad" role="alert" id={said}>
          {explain(problem.value)}
        </p>
      )}
      <button class="primary" type="submit" disabled={isSending.value || wait > 0}>
        {wait > 0 ? `Sign in (in ${wait} s)` : "Sign in"}
      </button>
    </form>
  );
}

function explain(problem: Problem): string {
  if (problem.status === 401) return "This key is not known here, or it was revoked. Check that all of it is there.";
  if (problem.status === 429)
    return `Too many keys were tried from here. Wait ${problem.retryAfterS ?? 60} s, then try again.`;
  return problem.detail;
}
