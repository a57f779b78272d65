/** What keys may allow, in words for those who hand them out. */
import type { Scope } from "../../api/session";

export const SCOPES: readonly { scope: Scope; may: string; explains: string }[] = [
  { scope: "read", may: "look and listen", explains: "See recordings and what was heard in them, and hear them." },
  {
    scope: "upload",
    may: "upload and correct",
    explains: "Upload recordings, analyze them again, and correct where and when they were made.",
  },
  { scope: "review", may: "review", explains: "Confirm and reject what was heard. Nothing asks for it yet." },
  {
    scope: "admin",
    may: "do everything",
    explains: "All of this, and delete recordings, and make and revoke keys.",
  },
];

/** Return in words what a key with these scopes may do: `look and listen, upload and correct`. */
export function describeScopes(scopes: readonly string[]): string {
  const named = SCOPES.filter(({ scope }) => scopes.includes(scope));
  return (scopes.includes("admin") ? named.filter(({ scope }) => scope === "admin") : named)
    .map(({ may }) => may)
    .join(", ");
}

/** Return what is added to make the choice a sensible one: whoever may do everything need not choose more. */
export function chosenScopes(chosen: ReadonlySet<Scope>): Scope[] {
  return chosen.has("admin") ? ["admin"] : SCOPES.map(({ scope }) => scope).filter((scope) => chosen.has(scope));
}
