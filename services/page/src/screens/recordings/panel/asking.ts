/** What a panel asks for each of many recordings: of each it is done once, however often the button is pressed. */
import { batch, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import type { Refused } from "../../../api/each";
import type { Recording } from "../../../api/types";
import { complain } from "../../../app/notices";
import { OneAtATime } from "../../../app/one_at_a_time";
import { countOf } from "../words";

export interface Answers {
  done: readonly Recording[];
  refused: readonly Refused<Recording>[];
}

export class Asking extends OneAtATime {
  private readonly done = signal<ReadonlySet<string>>(new Set());
  readonly refused = signal<readonly Refused<Recording>[]>([]);
  private close: (() => void) | null = null;

  /** `did`: what was asked for, as in "2 recordings changed". */
  constructor(readonly did: string) {
    super();
  }

  /** The panel is shown; until the returned function is called it can be closed by `close`. */
  show(close: () => void): () => void {
    this.close = close;
    return () => (this.close = null);
  }

  /** Return whether it is still to be done. */
  isLeft(id: string): boolean {
    return !this.done.value.has(id);
  }

  get doneCount(): number {
    return this.done.value.size;
  }

  /** Ask, unless that is going on; then the panel closes, or shows what was refused. */
  async send(ask: () => Promise<Answers>): Promise<void> {
    await this.run(async () => {
      this.refused.value = [];
      const { done, refused } = await ask();
      batch(() => {
        this.done.value = new Set([...this.done.peek(), ...done.map(({ id }) => id)]);
        this.refused.value = refused;
      });
      if (refused.length === 0) this.close?.();
      else if (this.close === null) complain(new Error(sayRefused(refused, this.did)));
    });
  }

  /** It was undone: it can be asked for again. */
  forget(recordings: readonly Recording[]): void {
    const ids = new Set(recordings.map(({ id }) => id));
    this.done.value = new Set([...this.done.peek()].filter((each) => !ids.has(each)));
  }
}

/** What this panel asks for, as long as it is shown. */
export function useAsking(did: string, onClose: () => void): Asking {
  const asking = useMemo(() => new Asking(did), []);
  useEffect(() => asking.show(onClose), [onClose]);
  return asking;
}

/** Return how many were refused, and why the first of them. */
export function sayRefused(refused: readonly Refused<Recording>[], did: string): string {
  const [first] = refused;
  const why = first === undefined ? "" : ` ${first.item.filename}: ${first.problem.detail}`;
  return `${countOf(refused.length, "recording")} not ${did}.${why}`;
}
