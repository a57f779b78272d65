import { afterEach, expect, test, vi } from "vitest";

import type { Recording } from "../../../api/types";
import type { Change } from "./changes";
import { sendChanges } from "./sending";

const TWIN = "0193d0c8-5a3e-7c21-9d6b-1f2e3d4c5b6a";

afterEach(() => vi.unstubAllGlobals());

function change(id: string, fields: Change["fields"]): Change {
  return { recording: { id, filename: `${id}.wav` } as Recording, fields };
}

/** Answer each request; returns what was asked. */
function answer(reply: (path: string, body: { ids?: string[] }) => Response): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (path: string, { method = "GET", body }: RequestInit) => {
    const sent = JSON.parse(body as string) as { ids?: string[] };
    asked.push(`${method} ${path} ${sent.ids?.length ?? ""}`.trim());
    return Promise.resolve(reply(path, sent));
  });
  return asked;
}

test("the same change of many is one request for each five hundred, each one's own is a request of its own", async () => {
  const asked = answer(() => Response.json({}));
  const same = Array.from({ length: 501 }, (_, index) => change(`s${index}`, { site: "heath" }));
  const own = ["a", "b"].map((id, index) => change(id, { recorded_at: `2026-05-03T0${index}:00:00Z` }));
  const { done, refused } = await sendChanges([...same, ...own]);
  expect(asked.sort()).toEqual([
    "PATCH /v1/recordings/a",
    "PATCH /v1/recordings/b",
    "PATCH /v1/recordings/s500",
    "POST /v1/recordings/corrections 500",
  ]);
  expect([done.length, refused.length]).toEqual([503, 0]);
});

test("what would be a twin is told with the other one's id, and the rest is changed all the same", async () => {
  const problem = { type: "urn:dawn-chorus:problem:conflict", detail: "all of it" };
  const detail = `recording ${TWIN} has the same audio, site and start that recording b would have: delete one`;
  answer((path) =>
    path.endsWith("corrections")
      ? Response.json({ ...problem, errors: [{ field: "ids.1", detail }] }, { status: 409 })
      : Response.json({}),
  );
  const { done, refused } = await sendChanges(["a", "b", "c"].map((id) => change(id, { site: "heath" })));
  expect(done.map((each) => each.recording.id)).toEqual(["a", "c"]);
  expect(refused.map((each) => [each.item.id, each.problem.detail])).toEqual([["b", detail]]);
});

test("what is refused as a whole is told for each", async () => {
  answer(() => Response.json({ detail: "site: too long" }, { status: 422 }));
  const { done, refused } = await sendChanges(["a", "b"].map((id) => change(id, { site: "x" })));
  expect(done).toEqual([]);
  expect(refused.map((each) => each.problem.detail)).toEqual(["site: too long", "site: too long"]);
});

test("an answer that is cut off is told like a refusal, and what was done before is not forgotten", async () => {
  answer((path) => (path.endsWith("/b") ? new Response("{") : Response.json({})));
  const own = ["a", "b"].map((id, index) => change(id, { recorded_at: `2026-05-03T0${index}:00:00Z` }));
  const { done, refused } = await sendChanges(own);
  expect(done.map((each) => each.recording.id)).toEqual(["a"]);
  expect(refused.map((each) => each.problem.detail)).toEqual([expect.stringContaining("Try again")]);
});
