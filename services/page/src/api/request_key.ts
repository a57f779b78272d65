/**
 * Return a new `Idempotency-Key`: a request that is sent again with it gets the first answer and is not run twice.
 *
 * Not by `crypto.randomUUID`: browsers have it only where the page came over HTTPS.
 */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(16).padStart(8, "0")).join("");
}
