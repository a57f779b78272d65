/** Takes files out of the sheet: what was sent of them is deleted, and can be had back for a moment. */
import { batch, effect } from "@preact/signals";

import { askForEach } from "../../api/each";
import { beforeSignOut } from "../../api/session";
import { complain, notify, SHOWN_MS } from "../../app/notices";
import { forgetLeftOut, goingOn, isBusy, isSheetOpen, items } from "./batch";
import { fields, NO_FIELDS } from "./fields";
import { isSettled, type Item, newItem } from "./item";
import { bring, removeUpload } from "./sending/bring";
import { count, summaryOf } from "./words";

/** Take one file out, and delete what was sent of it. */
export function takeOut(item: Item): void {
  keep(items.value.filter((each) => each !== item));
  discard([item], `${item.file.name} is left out.`);
}

/** Close the sheet: what is ordered goes on unseen; of the rest, what became no recording is deleted. */
export function closeSheet(): void {
  const [going, all] = [goingOn.value.length, items.value];
  const staying = going > 0 ? all.filter(({ wasOrdered }) => wasOrdered) : [];
  const gone = all.filter((item) => !staying.includes(item) && isNoRecording(item));
  batch(() => {
    keep(staying);
    isSheetOpen.value = staying.length === 0;
    forgetLeftOut();
  });
  const others = going > 0 ? `, ${going} ${going === 1 ? "goes" : "go"} on` : "";
  if (gone.length > 0) discard(gone, `${count(gone.length, "upload")} deleted${others}.`);
}

function isNoRecording({ state }: Item): boolean {
  return !isSettled(state.value) || state.value.at === "failed";
}

function keep(staying: readonly Item[]): void {
  batch(() => {
    items.value = staying;
    if (staying.length > 0) return;
    forgetLeftOut();
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

async function destroy(gone: readonly Item[], atOnce?: number): Promise<void> {
  const remove = async (item: Item) => {
    if (doomed.delete(item)) await removeUpload(item);
  };
  await askForEach(gone, remove, atOnce).catch(complain);
}

function restore(gone: readonly Item[], before: typeof fields.value): void {
  const again = gone.map(({ file, folder }) => newItem({ file, folder }));
  batch(() => {
    items.value = [...items.value, ...again];
    isSheetOpen.value = true;
    fields.value = before;
  });
  for (const item of again) void bring(item);
}

// What went on unseen and became recordings all has its end said, and is done with.
effect(() => {
  if (isSheetOpen.value || isBusy.value || items.value.some(({ state }) => !isWell(state.value.at))) return;
  notify(summaryOf(items.value));
  isSheetOpen.value = true;
  keep([]);
});

function isWell(at: Item["state"]["value"]["at"]): boolean {
  return at === "made" || at === "known" || at === "twice";
}

/** After that nobody may delete them. Browsers let some requests outlive the page; what is not asked for expires by itself. */
const MOST_AT_THE_END = 200;
const destroyRest = () => destroy([...doomed].slice(0, MOST_AT_THE_END), MOST_AT_THE_END);
window.addEventListener("pagehide", () => void destroyRest());
beforeSignOut(destroyRest);
