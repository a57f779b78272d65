/** What was just done, said for five seconds, with a way back. */
import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  text: string;
  kind: "done" | "error";
  undo: (() => void) | null;
}

export const SHOWN_MS = 5000;
export const notices = signal<readonly Notice[]>([]);
let latest = 0;

/** Say something; with `undo` it can be taken back, by the button or by Z. Returns its id, to dismiss it before its time. */
export function notify(text: string, undo: (() => void) | null = null): number {
  show({ id: ++latest, text, kind: "done", undo });
  return latest;
}

/** Say what went wrong; it stays until it is dismissed. */
export function complain(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error);
  show({ id: ++latest, text, kind: "error", undo: null });
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** Take back what was done last and can be; returns whether there was something. */
export function undoLatest(): boolean {
  const found = notices.value.findLast((each) => each.undo !== null);
  if (found === undefined) return false;
  dismiss(found.id);
  found.undo?.();
  return true;
}

function show(notice: Notice): void {
  notices.value = [...notices.value, notice];
  if (notice.kind === "done") setTimeout(() => dismiss(notice.id), SHOWN_MS);
}
