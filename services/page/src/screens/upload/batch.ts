/** All files of the sheet: what was dropped, what is asked, and what the button does. */
import { batch, computed, effect, signal } from "@preact/signals";

import { newKey } from "../../api/request_key";
import { complain, notify, SHOWN_MS } from "../../app/notices";
import { asksForZone } from "./clocks/start";
import { fields, NO_FIELDS, placeProblem } from "./fields";
import { isSettled, type Item, newItem } from "./item";
import { bring, removeUpload } from "./sending/bring";
import { type Found, sortOut } from "./sending/collect";
import { count, listed, summaryOf } from "./words";

export const items = signal<readonly Item[]>([]);
/** Names of files that were dropped and are no audio by their names. */
export const leftAside = signal<readonly string[]>([]);

/** Files for which nobody has asked a recording yet, and one can be made. */
export const unasked = computed(() =>
  items.value.filter(({ order, state }) => order.value === null && !isSettled(state.value)),
);
/** Those of them whose clock says no zone. */
export const zoneless = computed(() => unasked.value.filter(({ facts }) => asksForZone(facts.value)));
/** A card holds files of one kind: after so many it is known what has to be asked. */
const READ_FIRST = 50;
export const isReading = computed(() => unasked.value.slice(0, READ_FIRST).some(({ isRead }) => !isRead.value));
export const isBusy = computed(() => items.value.some(({ state }) => !isSettled(state.value)));

/** Why the button does nothing, in words; null: it makes recordings. */
export const obstacle = computed(() => {
  if (isReading.value) return "Reading the files…";
  if (zoneless.value.length > 0 && fields.value.zone === null) return "Say first which time zone the clocks have.";
  return placeProblem.value;
});

/** Take files in: their upload begins at once. */
export function addFiles(found: readonly Found[]): void {
  const { audio, others } = sortOut(found);
  const fresh = audio.map(newItem);
  batch(() => {
    leftAside.value = others.map(({ file }) => file.name);
    const kept = isBusy.value ? items.value : [];
    if (kept.length === 0) fields.value = NO_FIELDS;
    items.value = [...kept, ...fresh];
  });
  if (fresh.length === 0) notify(nothingIn(others));
  for (const item of fresh) void bring(item);
}

function nothingIn(others: readonly Found[]): string {
  if (others.length === 0) return "There is no file in what was dropped.";
  return `No audio is among them: ${listed(others.map(({ file }) => file.name))}.`;
}

/** Make recordings of all that are not asked for yet, each as soon as it is whole. */
export function makeRecordings(): void {
  const asked = unasked.value.filter(({ state }) => state.value.at !== "unclear hour");
  batch(() => {
    for (const item of asked) item.order.value = { fields: fields.value, recordedAt: null, key: newKey() };
  });
}

/** Say which instant a recording began at, where summer time left two. */
export function chooseInstant(item: Item, instant: string): void {
  item.order.value = { fields: fields.value, recordedAt: instant, key: newKey() };
}

/** Try a file again; what has been asked for is asked with the fields as they are now. */
export function retry(item: Item): void {
  item.stop = new AbortController();
  if (item.order.value !== null) item.order.value = { ...item.order.value, fields: fields.value, key: newKey() };
  item.state.value = { at: "waiting" };
  void bring(item);
}

/** Take one file out, and delete what was sent of it. */
export function takeOut(item: Item): void {
  items.value = items.value.filter((each) => each !== item);
  if (items.value.length === 0) close();
  discard([item], `${item.file.name} is left out.`);
}

/** Close the sheet: what became no recording is deleted, and can be had back for a moment. */
export function closeSheet(): void {
  const left = items.value.filter(({ state }) => !isSettled(state.value) || state.value.at === "failed");
  close();
  if (left.length > 0) discard(left, `${count(left.length, "upload")} deleted.`);
}

function close(): void {
  batch(() => {
    items.value = [];
    leftAside.value = [];
    fields.value = NO_FIELDS;
  });
}

/** So much is quickly sent again; of more the deletion waits until it cannot be undone. */
const QUICK_BYTES = 64 << 20;
const doomed = new Set<Item>();

function discard(gone: readonly Item[], text: string): void {
  const before = fields.value;
  for (const item of gone) {
    item.stop.abort();
    doomed.add(item);
  }
  const sent = gone.reduce((sum, { sentBytes }) => sum + sentBytes.value, 0);
  const timer = setTimeout(() => void destroy(gone), sent > QUICK_BYTES ? SHOWN_MS : 0);
  notify(text, () => {
    clearTimeout(timer);
    for (const item of gone) doomed.delete(item);
    restore(gone, before);
  });
}

async function destroy(gone: readonly Item[]): Promise<void> {
  for (const item of gone) {
    if (doomed.delete(item)) await removeUpload(item).catch(complain);
  }
}

function restore(gone: readonly Item[], before: typeof fields.value): void {
  const again = gone.map(({ file, folder }) => newItem({ file, folder }));
  batch(() => {
    items.value = [...items.value, ...again];
    fields.value = before;
  });
  for (const item of again) void bring(item);
}

/** What is said aloud, as little as possible. */
export const announcement = computed(() => {
  const all = items.value;
  if (all.length === 0) return "";
  if (!isBusy.value) return summaryOf(all);
  if (unasked.value.length === 0) return `Making ${count(all.length, "recording")}.`;
  if (isReading.value) return `${count(all.length, "file")} added.`;
  const asking = zoneless.value.length;
  const question =
    asking > 0 && fields.value.zone === null ? ` ${count(asking, "file")} with a clock without a zone.` : "";
  return `${count(unasked.value.length, "file")} read.${question}`;
});

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

// What is closed while it uploads can be resumed, but not without the files: ask before.
effect(() => {
  if (isBusy.value) window.addEventListener("beforeunload", warn);
  else window.removeEventListener("beforeunload", warn);
});
window.addEventListener("pagehide", () => void destroy([...doomed]));
