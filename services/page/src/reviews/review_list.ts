/** The reviews of one recording: as the service lists them, with what is said here meanwhile. */
import { computed, signal } from "@preact/signals";

import { fetchJson, withQuery } from "../api/client";
import { asProblem, type Problem } from "../api/problems";
import type { Paged } from "../api/types";
import { onReviewChange, unansweredOf, type ReviewChange } from "./changes";
import { reviewOf } from "./review_of";
import type { Review } from "./types";

const PAGE = 500;

export class ReviewList {
  readonly all = signal<readonly Review[]>([]);
  readonly isLoaded = signal(false);
  /** Why they are not there. */
  readonly problem = signal<Problem | null>(null);
  private readonly byTaxon = computed(() => groupByTaxon(this.all.value));
  private asked = new AbortController();
  /** What was said since the list was asked for: the answer may be older. */
  private said: ReviewChange[] = [];

  constructor(readonly recording_id: string) {}

  /** Load the reviews and follow what is said on this page, until the returned function is called. */
  follow(): () => void {
    const stop = onReviewChange((change) => {
      if (change.kind === "put" && change.review.recording_id !== this.recording_id) return;
      this.said.push(change);
      this.all.value = apply(this.all.peek(), change);
    });
    this.load();
    return () => {
      this.asked.abort();
      stop();
    };
  }

  readonly load = (): void => {
    this.asked.abort();
    this.asked = new AbortController();
    this.said = unansweredOf(this.recording_id).map((review) => ({ kind: "put", review }));
    this.all.value = this.said.reduce(apply, this.all.peek());
    const { signal: stopped } = this.asked;
    loadAll(this.recording_id, stopped).then(
      (loaded) => {
        if (stopped.aborted) return;
        this.all.value = this.said.reduce(apply, loaded);
        [this.isLoaded.value, this.problem.value] = [true, null];
      },
      (error: unknown) => {
        if (!stopped.aborted) this.problem.value = asProblem(error);
      },
    );
  };

  /** Return the review that a taxon's event shows; null: nobody said anything of it. */
  find(scientific_name: string, onset_s: number, offset_s: number): Review | null {
    const found = this.byTaxon.value.get(scientific_name);
    return found === undefined ? null : reviewOf(found, onset_s, offset_s);
  }

  /** Whether anything was said of this taxon. */
  has(scientific_name: string): boolean {
    return this.byTaxon.value.has(scientific_name);
  }
}

async function loadAll(recording_id: string, signal: AbortSignal): Promise<readonly Review[]> {
  const all: Review[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const path = withQuery("/v1/reviews", { recording_id, limit: PAGE, cursor });
    const page: Paged<Review> = await fetchJson(path, { signal });
    all.push(...page.items);
    cursor = page.next;
  }
  return all;
}

function apply(all: readonly Review[], change: ReviewChange): readonly Review[] {
  if (change.kind === "drop") return all.filter(({ id }) => id !== change.id);
  const { review, instead_of } = change;
  return [...all.filter(({ id }) => id !== review.id && id !== instead_of), review];
}

function groupByTaxon(all: readonly Review[]): ReadonlyMap<string, readonly Review[]> {
  const groups = new Map<string, Review[]>();
  for (const each of all) {
    const group = groups.get(each.scientific_name);
    if (group === undefined) groups.set(each.scientific_name, [each]);
    else group.push(each);
  }
  return groups;
}
