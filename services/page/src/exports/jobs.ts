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

  /** Load the latest and follow them until the returned function is called. */
  follow(): () => void {
    const stop = listen({ export: (told) => this.take(told), opened: () => void this.load() });
    void this.load();
    return stop;
  }

  readonly load = async (): Promise<void> => {
    try {
      this.all.value = (await fetchJson<Paged<Export>>(`/v1/exports?limit=${SHOWN}`)).items;
      this.problem.value = null;
    } catch (error) {
      this.problem.value = asProblem(error);
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
    this.all.value = this.all.peek().filter((each) => each.id !== id);
  }

  /** The stream may tell what is older than an answer that came before it: a file that is there stays there. */
  private take(told: Told): void {
    const before = this.all.peek().find(({ id }) => id === told.id);
    if (!("format" in told)) {
      this.all.value = this.all.peek().filter(({ id }) => id !== told.id);
      return;
    }
    if (before !== undefined && before.finished_at !== null && told.finished_at === null) return;
    if (before !== undefined && before.state !== "ready" && told.state === "ready")
      notify(`${told.filename ?? "A file"} is ready`);
    const others = this.all.peek().filter(({ id }) => id !== told.id);
    this.all.value = [told, ...others].sort((one, other) => (one.created_at < other.created_at ? 1 : -1));
  }
}

export type Told = Export | { id: string; state: "removed" };
