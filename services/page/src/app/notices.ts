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
const ends = new Map<number, ReturnType<typeof setTimeout>>();

/** Say something; with `undo` it can be taken back, by the button or by Z. Returns its id, to dismiss it before its time. */
export function notify(text: string, undo: (() => void) | null = null): number {
  return show(text, "done", undo);
}

/** Say what went wrong; it stays until it is dismissed. */
export function complain(error: unknown): void {
  show(error instanceof Error ? error.message : String(error), "error", null);
}

export function dismiss(id: number): void {
  clearTimeout(ends.get(id));
  ends.delete(id);
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

function show(text: string, kind: Notice["kind"], undo: Notice["undo"]): number {
  const notice = (undo === null ? findSame(text, kind) : undefined) ?? { id: ++latest, text, kind, undo };
  if (!notices.peek().includes(notice)) notices.value = [...notices.peek(), notice];
  clearTimeout(ends.get(notice.id));
  if (kind === "done")
    ends.set(
      notice.id,
      setTimeout(() => dismiss(notice.id), SHOWN_MS),
    );
  return notice.id;
}

/** What is said already is not said twice; but two things that can be taken back are two. */
function findSame(text: string, kind: Notice["kind"]): Notice | undefined {
  return notices.peek().find((each) => each.text === text && each.kind === kind && each.undo === null);
}
