/** What stands under an address of the API; what was shown stays until the next one is there. */
import { signal, type ReadonlySignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";

import { fetchJson } from "./client";
import { asProblem, type Problem } from "./problems";

export interface Loaded<T> {
  /** null: not there yet. */
  value: ReadonlySignal<T | null>;
  /** Why what is asked for is not there. */
  problem: ReadonlySignal<Problem | null>;
  isLoading: ReadonlySignal<boolean>;
  reload: () => void;
}

/** Load what stands under an address, again whenever that changes; null: nothing is asked for. */
export function useLoaded<T>(url: string | null): Loaded<T> {
  const parts = useMemo(() => new Loading<T>(), []);
  useEffect(() => {
    parts.load(url);
    return () => parts.stop();
  }, [url]);
  return parts;
}

class Loading<T> implements Loaded<T> {
  readonly value = signal<T | null>(null);
  readonly problem = signal<Problem | null>(null);
  readonly isLoading = signal(true);
  private asked = new AbortController();
  private url: string | null = null;

  readonly reload = (): void => this.load(this.url);

  load(url: string | null): void {
    this.stop();
    this.url = url;
    if (url === null) return;
    this.asked = new AbortController();
    const { signal: stopped } = this.asked;
    this.isLoading.value = true;
    fetchJson<T>(url, { signal: stopped }).then(
      (value) => {
        if (stopped.aborted) return;
        [this.value.value, this.problem.value, this.isLoading.value] = [value, null, false];
      },
      (error: unknown) => {
        if (stopped.aborted) return;
        [this.problem.value, this.isLoading.value] = [asProblem(error), false];
      },
    );
  }

  stop(): void {
    this.asked.abort();
  }
}
