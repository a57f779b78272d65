/** Which uploads of which files are not done yet: kept in the browser, for when it is closed and opened again. */

const PREFIX = "dawn-chorus.upload.";
/** The service forgets an upload a week after its last byte. */
const KEPT_MS = 8 * 24 * 3600 * 1000;

interface Remembered {
  url: string;
  begun: number;
}

/** Return the address of the upload of a file; null if none is known. */
export function recall(fingerprint: string): string | null {
  return read(PREFIX + fingerprint)?.url ?? null;
}

export function remember(fingerprint: string, url: string): void {
  try {
    prune();
    localStorage.setItem(PREFIX + fingerprint, JSON.stringify({ url, begun: Date.now() } satisfies Remembered));
  } catch {
    // Full, or forbidden: then it begins anew once the browser was closed.
  }
}

export function forget(fingerprint: string): void {
  try {
    localStorage.removeItem(PREFIX + fingerprint);
  } catch {
    // Forbidden: then nothing was remembered.
  }
}

function prune(): void {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(PREFIX) && (read(key)?.begun ?? 0) < Date.now() - KEPT_MS) localStorage.removeItem(key);
  }
}

function read(key: string): Remembered | null {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "null") as Remembered | null;
  } catch {
    return null;
  }
}
