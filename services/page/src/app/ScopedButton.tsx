import type { ComponentChildren, JSX } from "preact";

import { may, type Scope } from "../api/session";

type Props = JSX.IntrinsicElements["button"] & {
  /** What a key must allow for it. */
  scope: Scope;
  /** Why it cannot be done now, whatever the key allows; null: it can. */
  unless?: string | null;
  /** What it does is being done: pressing it does nothing, but it keeps the focus. */
  isBusy?: boolean;
  children: ComponentChildren;
};

/** A button for what not every key allows: where it may not be pressed, it is there all the same and says why. */
export function ScopedButton({ scope, unless = null, isBusy = false, children, ...button }: Props) {
  const reason = may(scope) ? unless : whyNot(scope);
  return (
    <button
      type="button"
      {...button}
      aria-disabled={isBusy || undefined}
      disabled={reason !== null || button.disabled === true}
      title={reason ?? button.title}
      aria-description={reason ?? undefined}
    >
      {children}
    </button>
  );
}

/** Say that a key lacks a scope. */
export function whyNot(scope: Scope): string {
  return `Your key lacks the scope “${scope}”: ask whoever made it for one that has it.`;
}
