/** Who reviews: the name of the key; where no keys are used, a name that this browser asks for once. */
import { computed, signal } from "@preact/signals";

import { session } from "../api/session";
import { kept } from "../app/preferences";

const MOST_LETTERS = 100;
/** As somebody wrote it where no keys are used; "": nobody did. */
const writtenName = kept<string>("reviewer", "");
/** What waits for the name. */
const waiting = signal<(() => void) | null>(null);

const needsName = computed(() => session.value?.name == null);
/** Whose name will stand beside a verdict; "": nobody's yet. */
export const reviewer = computed(() => session.value?.name ?? writtenName.value);
/** Whether the name can be changed here: a key's cannot. */
export const isNameWritten = computed(() => needsName.value && writtenName.value !== "");
export const isNameAsked = computed(() => waiting.value !== null);

/** Do it, once it is known who does it. */
export function withName(work: () => void): void {
  if (reviewer.peek() === "") waiting.value = work;
  else work();
}

/** Ask for the name, though there may be one already. */
export function askForName(): void {
  waiting.value = () => undefined;
}

/** Keep the name, and do what waited for it; an empty one is none. */
export function takeName(name: string): void {
  const trimmed = name.trim().slice(0, MOST_LETTERS);
  if (trimmed === "") return;
  writtenName.value = trimmed;
  const work = waiting.peek();
  waiting.value = null;
  work?.();
}

export function askNoMore(): void {
  waiting.value = null;
}
