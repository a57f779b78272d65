/** Steps from event to event that were asked for before there are any: none is lost. */
import { signal } from "@preact/signals";

import type { Direction } from "./going";

export const waitingSteps = signal<readonly Direction[]>([]);

export function stepLater(direction: Direction): void {
  waitingSteps.value = [...waitingSteps.peek(), direction];
}

/** Return all that wait, which then wait no more. */
export function takeSteps(): readonly Direction[] {
  const steps = waitingSteps.peek();
  waitingSteps.value = [];
  return steps;
}
