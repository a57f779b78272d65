import "./sign_in.css";

import { KeyForm } from "./KeyForm";

/** Asks for a key, where the service asks for one; then the view is shown that was asked for. */
export function SignIn() {
  return (
    <div class="sign-in">
      <h1>Sign in</h1>
      <p>This service asks for a key. Whoever runs it makes keys, and says what each of them may do.</p>
      <KeyForm />
    </div>
  );
}
