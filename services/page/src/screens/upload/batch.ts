/** All files of the sheet: what was dropped, what is asked, and what the button does. */
import { batch, computed, effect, signal } from "@preact/signals";

import { newKey } from "../../api/request_key";
import { notify } from "../../app/notices";
import { asksForZone } from "./clocks/start";
import { change, fields, NO_FIELDS, placeProblem } from "./fields";
import { isSettled, type Item, newItem } from "./item";
import { bring } from "./sending/bring";
import { type Found, sortOut } from "./sending/collect";
import { sitesOf } from "./told_site";
import { count, summaryOf } from "./words";

export const items = signal<readonly Item[]>([]);
/** False: it was closed while what is ordered goes on. */
export const isSheetOpen = signal(true);

/** Names of what was dropped and is not taken. */
export interface LeftOut {
  /** By their names no sound. */
  others: readonly string[];
  /** Files and folders. */
  unreadable: readonly string[];
}
const NOTHING: LeftOut = { others: [], unreadable: [] };
export const leftOut = signal(NOTHING);

export function forgetLeftOut(): void {
  leftOut.value = NOTHING;
}

/** Files for which nobody has asked a recording yet, and one can be made. */
export const unasked = computed(() =>
  items.value.filter(({ order, state }) => order.value === null && !isSettled(state.value)),
);
/** Those of them whose clock says no zone. */
export const zoneless = computed(() => unasked.value.filter(({ facts }) => asksForZone(facts.value)));
/** A card holds files of one kind: after so many it is known what has to be asked. */
const READ_FIRST = 50;
export const isReading = computed(() => unasked.value.slice(0, READ_FIRST).some(({ isRead }) => !isRead.value));
export const isAllSent = computed(() => unasked.value.every(({ state }) => state.value.at === "here"));
export const isBusy = computed(() => items.value.some(({ state }) => !isSettled(state.value)));

/** Why the button does nothing, in words; null: it makes recordings. */
export const obstacle = computed(() => {
  if (isReading.value) return "Reading the files…";
  if (zoneless.value.length > 0 && fields.value.zone === null) return "Say first which time zone the clocks have.";
  return placeProblem.value;
});

/** The sites that the files tell by their names or folders, in order; null: some tell none. */
export const toldSites = computed(() => sitesOf(unasked.value));

/** Ordered, and on their way by themselves. */
export const goingOn = computed(() =>
  items.value.filter(({ order, state }) => order.value !== null && !isSettled(state.value)),
);

/** Take files in: their upload begins at once. */
export function addFiles(found: readonly Found[], unreadable: readonly string[] = []): void {
  const { audio, others } = sortOut(found);
  const fresh = audio.map(newItem);
  batch(() => {
    leftOut.value = { others: others.map(({ file }) => file.name), unreadable };
    isSheetOpen.value = true;
    const kept = keptBeside(fresh);
    if (kept.length === 0) fields.value = NO_FIELDS;
    items.value = [...kept, ...fresh];
  });
  if (fresh.length === 0) notify("There is no sound recording in what was chosen.");
  for (const item of fresh) void bring(item);
}

/** Return what stays in the sheet: all as long as something is on its way, then what failed and is not chosen again. */
function keptBeside(fresh: readonly Item[]): readonly Item[] {
  const again = new Set(fresh.map(nameFile));
  return items.value.filter((item) => (item.state.value.at === "failed" ? !again.has(nameFile(item)) : isBusy.value));
}

function nameFile({ file }: Item): string {
  return [file.name, file.size, file.lastModified].join("/");
}

/** Make recordings of all that are not asked for yet, each as soon as it is whole. */
export function makeRecordings(): void {
  const asked = unasked.value.filter(({ state }) => state.value.at !== "unclear hour");
  batch(() => {
    for (const item of asked) {
      item.wasOrdered = true;
      item.order.value = { fields: fields.value, recordedAt: null, key: newKey() };
    }
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

// A suggestion, which one sees in the field: not where somebody wrote a site, nor once some of the files went with one;
// and once only, for a site that is known may be spelled otherwise.
const toldByAll = computed(() => (toldSites.value?.length === 1 ? toldSites.value[0] : undefined));
effect(() => {
  const told = toldByAll.value;
  const { siteBy } = fields.peek();
  if (unasked.peek().length === 0 || siteBy === "somebody") return;
  if (items.peek().some(({ order }) => order.peek() !== null)) return;
  if (told !== undefined) change({ site: told, siteBy: "names" });
  else if (siteBy === "names") change({ site: "", siteBy: "nobody" });
});

function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

// What is closed while it uploads can be resumed, but not without the files: ask before.
effect(() => {
  if (isBusy.value) window.addEventListener("beforeunload", warn);
  else window.removeEventListener("beforeunload", warn);
});
