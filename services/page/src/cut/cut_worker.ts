/** Holds the scores beside the page's own thread, and cuts all of them anew at each threshold it is asked for. */
import { cutAll, type CutEvents, type Scored } from "./cut";

export type Order = { hold: Scored } | { number: number; threshold: number | null };

export interface Answer {
  /** That of the order. */
  number: number;
  events: CutEvents;
}

let held: Scored | null = null;

self.addEventListener("message", ({ data }: MessageEvent<Order>) => {
  if ("hold" in data) {
    held = data.hold;
    return;
  }
  if (held === null) return;
  const answer: Answer = { number: data.number, events: cutAll(held, data.threshold) };
  self.postMessage(answer, { transfer: Object.values(answer.events).map((each: Float64Array) => each.buffer) });
});
