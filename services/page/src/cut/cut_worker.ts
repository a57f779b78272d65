/** Holds the scores beside the page's own thread, and cuts all of them anew at each threshold it is asked for. */
import { cutAll, type CutEvents, type Scored } from "./cut";
import { readListed } from "./listed";

export type Order =
  | { hold: Scored }
  | { number: number; threshold: number | null }
  | { number: number; listed: ArrayBuffer; codes: readonly string[] };

export interface Answer {
  /** That of the order. */
  number: number;
  events: CutEvents;
}

let held: Scored | null = null;

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if ("hold" in data) held = data.hold;
  else if ("listed" in data) answer(data.number, readListed(data.listed, data.codes));
  else if (held !== null) answer(data.number, cutAll(held, data.threshold));
});

function answer(number: number, events: CutEvents): void {
  const told: Answer = { number, events };
  self.postMessage(told, { transfer: Object.values(events).map((each: Float64Array) => each.buffer) });
}
