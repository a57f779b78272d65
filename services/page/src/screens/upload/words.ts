/** What the sheet says, in words. */
import type { Item, State } from "./item";

/** `1 file`, `24 files`, `1,024 files`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}

const NAMED = 3;

/** `a.txt, b.txt and 12 more` */
export function listed(names: readonly string[]): string {
  const named = names.length <= NAMED + 1 ? names.slice(0, -1) : names.slice(0, NAMED);
  const last = names.length <= NAMED + 1 ? names.at(-1) : `${(names.length - NAMED).toLocaleString("en")} more`;
  return named.length === 0 ? (last ?? "") : `${named.join(", ")} and ${last ?? ""}`;
}

/** `notes.txt is not a sound recording and was left out.` */
export function notSound(names: readonly string[]): string {
  const [are, were] = names.length === 1 ? ["is not a sound recording", "was"] : ["are not sound recordings", "were"];
  return `${listed(names)} ${are} and ${were} left out.`;
}

/** `CARD1/DATA could not be read and was left out. …` */
export function notReadable(names: readonly string[]): string {
  const [were, them] = names.length === 1 ? ["was", "it"] : ["were", "them"];
  return `${listed(names)} could not be read and ${were} left out. Is the card still in? Then drop ${them} again.`;
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** `57.6 MB` */
export function formatBytes(bytes: number): string {
  let [amount, unit] = [bytes, 0];
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${amount.toFixed(unit > 1 && amount < 100 ? 1 : 0)} ${UNITS[unit] ?? ""}`;
}

/** `24 recordings made, 1 was there already, 1 is not audio` */
export function summaryOf(items: readonly Item[]): string {
  const n = (at: State["at"]) => items.filter(({ state }) => state.value.at === at).length;
  const parts: string[] = [];
  const [known, silent, failed, twice] = [n("known"), n("not audio"), n("failed"), n("twice")];
  if (n("made") > 0) parts.push(`${count(n("made"), "recording")} made`);
  if (known > 0) parts.push(`${known} ${known === 1 ? "was" : "were"} there already`);
  if (silent > 0) parts.push(`${silent} ${silent === 1 ? "is" : "are"} not audio`);
  if (failed > 0) parts.push(`${failed} failed`);
  if (twice > 0) parts.push(`${twice} ${twice === 1 ? "was" : "were"} in the list twice`);
  return `${parts.join(", ")}.`;
}
