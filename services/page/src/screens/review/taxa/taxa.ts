/** The taxa that were heard, with what of each is left to review. */
import { signal } from "@preact/signals";

import { fetchJson } from "../../../api/client";
import { asProblem, type Problem } from "../../../api/problems";
import { taxaUrl, type Asked } from "../asked";
import type { ReviewTaxa, ReviewTaxon } from "../types";

export class TaxaToReview {
  /** null: on its way. */
  readonly found = signal<ReviewTaxa | null>(null);
  readonly problem = signal<Problem | null>(null);
  private abort = new AbortController();

  async load(asked: Asked, q: string): Promise<void> {
    this.abort.abort();
    this.abort = new AbortController();
    const { signal: stopped } = this.abort;
    try {
      const found = await fetchJson<ReviewTaxa>(taxaUrl(asked, q), { signal: stopped });
      if (stopped.aborted) return;
      [this.found.value, this.problem.value] = [found, null];
    } catch (error) {
      if (!stopped.aborted) this.problem.value = asProblem(error);
    }
  }

  close(): void {
    this.abort.abort();
  }
}

/** Return how many are left: `88`, `at least 1,000`, `about 1,200`. */
export function sayLeft({ left, left_is }: Pick<ReviewTaxon, "left" | "left_is">): string {
  const number = left.toLocaleString("en");
  if (left_is === "exact") return number;
  return left_is === "about" ? `about ${number}` : `at least ${number}`;
}
