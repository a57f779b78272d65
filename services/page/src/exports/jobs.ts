/** Files that the service makes in the background: asked for, followed by the stream of changes, deleted. */
import { signal } from "@preact/signals";

import { fetchJson, request } from "../api/client";
import { listen } from "../api/events";
import { asProblem, Problem } from "../api/problems";
import { newKey } from "../api/request_key";
import type { Export, Paged } from "../api/types";
import { notify } from "../app/notices";
import { toBody } from "./asked";
import type { ExportFilters } from "./opening";

const SHOWN = 20;

export class ExportJobs {
  readonly all = signal<readonly Export[]>([]);
  readonly problem = signal<Problem | null>(null);
  private loads = 0;
  /** What was told, asked for or ended since the newest load began: its answer may be older. */
  private meanwhile: Told[] = [];

  /** Load the latest and follow them until the returned function is called. */
  follow(): () => void {
    const stop = listen({ export: (told) => this.take(told), opened: () => void this.load() });
    void this.load();
    return stop;
  }

  /** Only the newest load counts, in whatever order the answers come. */
  readonly load = async (): Promise<void> => {
    const own = ++this.loads;
    this.meanwhile = [];
    try {
      const { items } = await fetchJson<Paged<Export>>(`/v1/exports?limit=${SHOWN}`);
      if (own !== this.loads) return;
      this.all.value = this.meanwhile.reduce(put, items);
      this.problem.value = null;
    } catch (error) {
      if (own === this.loads) this.problem.value = asProblem(error);
    }
  };

  /** Have a file made. Throws `Problem`. */
  async ask(filters: ExportFilters, format: string): Promise<void> {
    const headers = { "Idempotency-Key": newKey() };
    this.take(await fetchJson<Export>("/v1/exports", { method: "POST", json: toBody(filters, format), headers }));
  }

  /** Cancel one that is being made, or delete its file. Throws `Problem`. */
  async end(id: string): Promise<void> {
    await request(`/v1/exports/${id}`, { method: "DELETE" });
    this.take({ id, state: "removed" });
  }

  private take(told: Told): void {
    this.meanwhile.push(told);
    const before = this.all.peek().find(({ id }) => id === told.id);
    if (before !== undefined && before.state !== "ready" && "format" in told && told.state === "ready")
      notify(`${told.filename ?? "A file"} is ready`);
    this.all.value = put(this.all.peek(), told);
  }
}

/** The stream may tell what is older than an answer that came before it: a file that is there stays there. */
function put(all: readonly Export[], told: Told): readonly Export[] {
  const others = all.filter(({ id }) => id !== told.id);
  if (!("format" in told)) return others;
  const before = all.find(({ id }) => id === told.id);
  if (before !== undefined && before.finished_at !== null && told.finished_at === null) return all;
  return [told, ...others].sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
}

export type Told = Export | { id: string; state: "removed" };
