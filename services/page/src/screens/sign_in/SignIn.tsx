import { useSignal } from "@preact/signals";

import { signIn } from "../../api/session";

/** Asks for a key, where the service asks for one. */
export function SignIn() {
  const key = useSignal("");
  const problem = useSignal<string | null>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      await signIn(key.value.trim());
    } catch (error) {
      problem.value = error instanceof Error ? error.message : String(error);
    }
  };
  return (
    <form class="sign-in" onSubmit={(event) => void submit(event)}>
      <h1>Sign in</h1>
      <label>
        Key
        <input
          type="password"
          autocomplete="current-password"
          required
          value={key}
          onInput={(event) => (key.value = event.currentTarget.value)}
        />
      </label>
      {problem.value !== null && <p role="alert">{problem.value}</p>}
      <button class="primary" type="submit">
        Sign in
      </button>
    </form>
  );
}
