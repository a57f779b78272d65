/** The page's side of the worker that cuts: only the latest threshold counts. */
import type { CutEvents, Scored } from "./cut";
import type { Answer, Order } from "./cut_worker";

export class Cutter {
  private readonly worker = new Worker(new URL("./cut_worker.ts", import.meta.url), { type: "module" });
  private number = 0;
  private isBusy = false;
  private waiting: number | null | undefined;

  /** `tell` gets the events of the latest order, `fail` what broke the worker. */
  constructor(tell: (events: CutEvents) => void, fail: (error: Error) => void) {
    this.worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.isBusy = false;
      if (data.number === this.number) tell(data.events);
      if (this.waiting !== undefined) this.cut(this.waiting);
    });
    this.worker.addEventListener("error", (event) => {
      this.isBusy = false;
      fail(new Error(`The events could not be cut; reload the page. ${event.message}`));
    });
  }

  /** Cut these scores from now on; what is being cut of others is not told any more. */
  hold({ taxa, first, n, step_s, end_s, runs, scores }: Scored): void {
    this.drop();
    this.send({ hold: { taxa, first, n, step_s, end_s, runs, scores } });
  }

  /** Cut at a threshold (null: each taxon's own), once what is being cut is done; a later call takes its place. */
  cut(threshold: number | null): void {
    this.number += 1;
    this.waiting = this.isBusy ? threshold : undefined;
    if (this.isBusy) return;
    this.isBusy = true;
    this.send({ number: this.number, threshold });
  }

  /** Read events that the service listed; the bytes are gone afterwards. */
  read(listed: ArrayBuffer, codes: readonly string[]): void {
    this.drop();
    this.isBusy = true;
    this.send({ number: this.number, listed, codes }, [listed]);
  }

  /** Tell nothing of what was ordered so far. */
  drop(): void {
    this.number += 1;
    this.waiting = undefined;
  }

  close(): void {
    this.worker.terminate();
  }

  private send(order: Order, transfer: Transferable[] = []): void {
    this.worker.postMessage(order, transfer);
  }
}
