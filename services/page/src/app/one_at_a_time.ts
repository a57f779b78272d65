/** What a button does, once at a time: pressing it again meanwhile does nothing. */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { complain } from "./notices";

export class OneAtATime {
  readonly isBusy = signal(false);

  /** Do it, unless something is being done. What is thrown is told, and the button works again. */
  async run(work: () => Promise<unknown>): Promise<void> {
    if (this.isBusy.peek()) return;
    this.isBusy.value = true;
    try {
      await work();
    } catch (error) {
      complain(error);
    } finally {
      this.isBusy.value = false;
    }
  }
}

export function useOneAtATime(): OneAtATime {
  return useMemo(() => new OneAtATime(), []);
}
