import { useSignal } from "@preact/signals";
import { useId, useLayoutEffect, useRef } from "preact/hooks";

import { asProblem, type Problem } from "../../api/problems";
import { signIn } from "../../api/session";
import { useOneAtATime } from "../../app/one_at_a_time";
import { useSecondsLeft } from "./useSecondsLeft";

/** Asks for a key. Password managers keep it under the name of this service. */
export function KeyForm() {
  const input = useRef<HTMLInputElement>(null);
  const key = useSignal("");
  const problem = useSignal<Problem | null>(null);
  const once = useOneAtATime();
  const wait = useSecondsLeft(problem.value?.retryAfterS ?? null, problem.value);
  const said = useId();
  useLayoutEffect(() => input.current?.focus(), []);
  const enter = async () => {
    try {
      await signIn(key.value.trim());
    } catch (error) {
      problem.value = asProblem(error);
      input.current?.select();
      input.current?.focus();
    }
  };
  return (
    <form
      class="key-form"
      onSubmit={(event) => {
        event.preventDefault();
        void once.run(enter);
      }}
    >
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
      <button class="primary" type="submit" disabled={wait > 0} aria-disabled={once.isBusy.value}>
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
