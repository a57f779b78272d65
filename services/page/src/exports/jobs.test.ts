import { expect, test, vi } from "vitest";

import type { Export } from "../api/types";
import { ExportJobs } from "./jobs";

type Answer = (response: Response) => void;

/** Have loads wait until they are answered, in whatever order; everything else is answered at once. */
function hold(): Answer[] {
  const loads: Answer[] = [];
  vi.stubGlobal("fetch", (_: string, { method = "GET" }: RequestInit = {}) =>
    method === "GET"
      ? new Promise<Response>((answer) => loads.push(answer))
      : Promise.resolve(new Response(null, { status: 204 })),
  );
  return loads;
}

const listing = (...ids: string[]) =>
  Response.json({ items: ids.map((id) => ({ id, format: "csv", state: "ready", created_at: id }) as Export) });
const shown = (jobs: ExportJobs) => jobs.all.value.map(({ id }) => id);

test("only the newest load counts, in whatever order the answers come", async () => {
  const loads = hold();
  const jobs = new ExportJobs();
  const both = [jobs.load(), jobs.load()];
  await vi.waitFor(() => expect(loads).toHaveLength(2));
  loads[1]?.(listing("2", "1"));
  await both[1];
  loads[0]?.(listing("1"));
  await both[0];
  expect(shown(jobs)).toEqual(["2", "1"]);
});

test("what ended while a load was under way does not come back with its answer", async () => {
  const loads = hold();
  const jobs = new ExportJobs();
  const loading = jobs.load();
  await vi.waitFor(() => expect(loads).toHaveLength(1));
  await jobs.end("1");
  loads[0]?.(listing("2", "1"));
  await loading;
  expect(shown(jobs)).toEqual(["2"]);
});
