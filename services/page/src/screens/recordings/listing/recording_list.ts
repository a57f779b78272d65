/** The recordings that are shown: page by page, and kept true by the stream of changes. */
import { batch, computed, effect, signal } from "@preact/signals";

import { fetchJson, isReachable } from "../../../api/client";
import { begun } from "../../../api/events";
import { asProblem, Problem } from "../../../api/problems";
import type { Analysis, Paged, Recording } from "../../../api/types";
import { isNarrowed, isWithinDays, PAGE, pageUrl, type Filters } from "../filters/filters";
import { gatherChanges, type Gathered } from "./changes";
import { Row } from "./row";

const MOST_AT_ONCE = 500;
const LOOK_AGAIN_MS = 2000;
const AGAIN_S = 5;

/** Whether the service is only busy, so that it is asked again by itself. */
export function isBusy({ status }: Problem): boolean {
  return status === 429 || status === 503;
}

export class RecordingList {
  private readonly rows = signal<readonly Row[]>([]);
  /** Ids of recordings that are about to be deleted. */
  private readonly leaving = signal<ReadonlySet<string>>(new Set());
  private filters: Filters = {};
  /** What is on its way, a page or all that is shown; null: nothing. */
  readonly loading = signal<AbortController | null>(null);
  /** What was told since the page that is being loaded was asked for: it may be newer than that page. */
  private readonly toldSince = new Map<string, Analysis>();
  private readonly recordingsSince = new Map<string, Recording>();
  private readonly gone = new Set<string>();
  private lookAgain: ReturnType<typeof setTimeout> | null = null;
  private tryAgain: ReturnType<typeof setTimeout> | undefined;
  /** The cursor behind the last row; null: the list ends there. */
  readonly next = signal<string | null>(null);
  /** Whether what is shown belongs to the filters. */
  readonly isLoaded = signal(false);
  /** Why the list could not be loaded; null: it could. */
  readonly problem = signal<Problem | null>(null);
  readonly shown = computed(() => this.rows.value.filter((each) => !this.leaving.value.has(each.id)));

  /** Load the first page by these filters; what is shown stays until it is there. */
  async show(filters: Filters): Promise<void> {
    this.filters = filters;
    this.isLoaded.value = false;
    await this.load(async (abort) => {
      const first = await this.readPage(null, PAGE, abort);
      this.put(this.rowsOf(first.items), first.next);
    });
  }

  /** Load the page behind the last row, unless something else is on its way: it may put other rows there. */
  async showMore(): Promise<void> {
    const behind = this.next.peek();
    if (behind === null || this.loading.peek() !== null) return;
    await this.load(async (abort) => {
      const more = await this.readPage(behind, PAGE, abort);
      this.put([...this.rows.value, ...this.rowsOf(more.items)], more.next);
    });
  }

  /** Load again as many as are shown: after a break nobody knows what has changed. */
  async reload(): Promise<void> {
    await this.load(async (abort) => {
      const wanted = Math.max(PAGE, this.rows.value.length);
      const found: Recording[] = [];
      let next: string | null = null;
      do {
        const page = await this.readPage(next, Math.min(MOST_AT_ONCE, wanted - found.length), abort);
        found.push(...page.items);
        next = page.next;
      } while (next !== null && found.length < wanted);
      this.put(this.rowsOf(found), next);
    });
  }

  /** Follow what changes until the returned function is called. */
  follow(): () => void {
    const stop = gatherChanges(
      (gathered) => this.apply(gathered),
      () => void this.reload(),
    );
    // What could not be loaded is, once the service answers again.
    const stopWaiting = effect(() => {
      if (isReachable.value && this.problem.peek()?.isUnreachable === true) void this.reload();
    });
    return () => {
      stop();
      stopWaiting();
      this.loading.peek()?.abort();
      clearTimeout(this.tryAgain);
      if (this.lookAgain !== null) clearTimeout(this.lookAgain);
    };
  }

  find(id: string): Row | undefined {
    return this.rows.peek().find((each) => each.id === id);
  }

  /** Show them no more, while they can still be had back. */
  hide(ids: Iterable<string>): void {
    this.leaving.value = new Set([...this.leaving.peek(), ...ids]);
  }

  unhide(ids: Iterable<string>): void {
    const back = new Set(ids);
    this.leaving.value = new Set([...this.leaving.peek()].filter((each) => !back.has(each)));
  }

  private async load(read: (abort: AbortSignal) => Promise<void>): Promise<void> {
    this.loading.peek()?.abort();
    clearTimeout(this.tryAgain);
    const loading = new AbortController();
    this.loading.value = loading;
    try {
      await begun();
      if (loading.signal.aborted) return;
      this.toldSince.clear();
      this.recordingsSince.clear();
      await read(loading.signal);
      this.problem.value = null;
    } catch (error) {
      if (loading.signal.aborted) return;
      this.fail(asProblem(error));
    } finally {
      if (this.loading.peek() === loading) this.loading.value = null;
    }
  }

  private fail(problem: Problem): void {
    this.problem.value = problem;
    // What is shown stays while nothing answers; but it is no answer to filters that were refused.
    if (!problem.isUnreachable && !this.isLoaded.peek()) this.rows.value = [];
    if (isBusy(problem)) this.tryAgain = setTimeout(() => void this.reload(), (problem.retryAfterS ?? AGAIN_S) * 1000);
  }

  /** Read a page; further ones while all that came lies just outside of the days that were asked for. */
  private async readPage(cursor: string | null, limit: number, abort?: AbortSignal): Promise<Paged<Recording>> {
    for (let at = cursor; ;) {
      const page = await fetchJson<Paged<Recording>>(pageUrl(this.filters, at, limit), abort && { signal: abort });
      const items = page.items.filter((each) => isWithinDays(each, this.filters));
      if (items.length > 0 || page.next === null) return { items, next: page.next };
      at = page.next;
    }
  }

  /** Return their rows: those that are there already keep theirs, so that nothing flickers. */
  private rowsOf(recordings: readonly Recording[]): Row[] {
    const known = new Map(this.rows.peek().map((each) => [each.id, each]));
    return recordings.map((each) => {
      const row = known.get(each.id);
      row?.replace(each);
      return row ?? new Row(each);
    });
  }

  private put(rows: readonly Row[], next: string | null): void {
    batch(() => {
      this.rows.value = rows.filter((each) => !this.gone.has(each.id));
      this.next.value = next;
      this.isLoaded.value = true;
      const told = [...this.recordingsSince.values()].filter((each) => !this.gone.has(each.id));
      if (!isNarrowed(this.filters)) this.add(told);
      const known = new Map(this.rows.peek().map((each) => [each.id, each]));
      for (const each of told) known.get(each.id)?.replace(each);
      for (const each of this.toldSince.values()) known.get(each.recording_id)?.update(each);
    });
  }

  private apply({ recordings, analyses, deleted }: Gathered): void {
    for (const each of deleted) this.gone.add(each);
    if (this.loading.peek() !== null) this.remember(recordings, analyses);
    batch(() => {
      const known = new Map(this.rows.peek().map((each) => [each.id, each]));
      const fresh: Recording[] = [];
      for (const each of recordings.values()) {
        const row = known.get(each.id);
        if (row !== undefined) row.replace(each);
        else if (!deleted.has(each.id)) fresh.push(each);
      }
      const ofOthers = [...analyses.values()].filter(
        (each) => known.get(each.recording_id)?.update(each) === undefined,
      );
      if (deleted.size > 0) this.rows.value = this.rows.peek().filter((each) => !deleted.has(each.id));
      if (isNarrowed(this.filters)) this.lookForNew(fresh, ofOthers);
      else this.add(fresh);
    });
  }

  /** Keep what is told while a page is on its way. */
  private remember(recordings: Gathered["recordings"], analyses: Gathered["analyses"]): void {
    for (const each of recordings.values()) {
      this.recordingsSince.set(each.id, each);
      // What was told of its analyses before is older.
      for (const { id } of each.analyses) this.toldSince.delete(id);
    }
    for (const each of analyses.values()) this.toldSince.set(each.id, each);
  }

  /** Put new ones where they belong; those that belong behind the last row come with their own page. */
  private add(recordings: readonly Recording[]): void {
    const rows = this.rows.peek();
    const last = this.next.peek() === null ? "" : (rows.at(-1)?.id ?? "");
    const fresh = recordings.filter((each) => each.id > last && this.find(each.id) === undefined);
    if (fresh.length === 0 || !this.isLoaded.peek()) return;
    this.rows.value = [...rows, ...fresh.map((each) => new Row(each))].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** What of the new the filters let through, only the service knows: ask for the first page again, not too often. */
  private lookForNew(recordings: readonly Recording[], analyses: readonly Analysis[]): void {
    const mayMatch = analyses.some((each) => each.terminal || this.filters.state !== undefined);
    if (recordings.length === 0 && !mayMatch) return;
    this.lookAgain ??= setTimeout(() => {
      this.lookAgain = null;
      void this.addNew();
    }, LOOK_AGAIN_MS);
  }

  private async addNew(): Promise<void> {
    const filters = this.filters;
    try {
      const first = await this.readPage(null, PAGE);
      if (filters === this.filters) this.add(first.items);
    } catch (error) {
      if (!(error instanceof Problem)) throw error; // the stream tells when the service is back, and all is loaded anew
    }
  }
}
