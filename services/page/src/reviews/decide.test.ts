import { beforeEach, expect, test, vi } from "vitest";

import type { Decision, Review } from "./types";

const DECISION: Decision = {
  recording_id: "r",
  scientific_name: "Turdus merula",
  common_name: "Blackbird",
  onset_s: 10.0004,
  offset_s: 14,
  verdict: "confirmed",
};
type Asked = [method: string, path: string, body: unknown];
type Answer = () => Response | Promise<Response>;
const asked: Asked[] = [];
let answers: Answer[] = [];

/** As the page begins anew: whatever waits stands in the browser's storage. */
async function open(name: string | null = null) {
  vi.resetModules();
  const { session } = await import("../api/session");
  session.value = { name, scopes: ["read", "review"], open: name === null };
  const parts = {
    ...(await import("./review_list")),
    ...(await import("./decide")),
    ...(await import("./reviewer")),
    ...(await import("./outbox")),
    notices: (await import("../app/notices")).notices,
    session,
  };
  const list = new parts.ReviewList("r");
  list.follow();
  await vi.waitFor(() => expect(list.isLoaded.value).toBe(true));
  return { ...parts, list };
}

function saved(id: string, replaced: Review | null = null, more: Partial<Review> = {}): Answer {
  const review = { ...DECISION, id, reviewer: "Ada", reviewed_at: "2026-05-04T09:12:44Z", note: "", ...more };
  return () => Response.json({ corrected_taxon: null, strategy: null, ...review, replaced }, { status: 201 });
}

function problem(status: number, detail: string, headers = {}): Answer {
  const type = { "Content-Type": "application/problem+json", ...headers };
  return () => new Response(JSON.stringify({ detail }), { status, headers: type });
}

const none: Answer = () => new Response(null, { status: 204 });
const posts = () => asked.filter(([method]) => method !== "GET");

beforeEach(() => {
  localStorage.clear();
  sessionStorage.clear();
  asked.length = 0;
  answers = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit = {}) => {
    const method = init.method ?? "GET";
    asked.push([method, path, init.body === undefined ? null : JSON.parse(init.body as string)]);
    if (path.startsWith("/health")) return Promise.resolve(new Response());
    if (method === "GET") return Promise.resolve(Response.json({ items: [], next: null }));
    return Promise.resolve((answers.shift() ?? none)());
  });
});

test("is shown at once and posted in whole milliseconds, with the name that this browser knows", async () => {
  const { decide, list, takeName, unsent } = await open();
  takeName(" Ada ");
  answers = [saved("1")];
  decide(DECISION, list.all.value);
  expect(list.find("Turdus merula", 10, 14)?.verdict).toBe("confirmed");
  expect(list.find("Turdus philomelos", 10, 14)).toBeNull();
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts()[0]?.[2]).toMatchObject({ taxon: "Turdus merula", onset_s: 10, offset_s: 14, reviewer: "Ada" });
  expect(list.all.value.map(({ id }) => id)).toEqual(["1"]);
});

test("a key says by itself who reviews", async () => {
  const { decide, unsent } = await open("marsh");
  answers = [saved("1")];
  expect(decide(DECISION).review.reviewer).toBe("marsh");
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts()[0]?.[2]).not.toHaveProperty("reviewer");
});

test("waits for a busy service, and takes nothing from what comes behind", async () => {
  const { decide, list, unsent } = await open("marsh");
  answers = [problem(503, "Try again soon", { "Retry-After": "0.01" }), saved("1"), saved("2")];
  decide(DECISION);
  decide({ ...DECISION, onset_s: 20, offset_s: 24 });
  expect(unsent.value).toBe(2);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts().map(([, , body]) => (body as Decision).onset_s)).toEqual([10, 10, 20]);
  expect(list.all.value).toHaveLength(2);
});

test("what is refused is told and no longer shown", async () => {
  const { decide, list, notices, unsent } = await open("marsh");
  answers = [problem(404, "There is no recording r.")];
  decide(DECISION);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(list.all.value).toEqual([]);
  expect(notices.value[0]?.text).toBe("“Blackbird” was not saved: There is no recording r.");
});

test("a window that is closed while nothing answers leaves it to the next one", async () => {
  const first = await open("marsh");
  answers = [() => new Promise<Response>(() => undefined)];
  first.decide(DECISION);
  const other = await open("someone else");
  expect(other.list.all.value).toHaveLength(1);
  expect(posts()).toHaveLength(1);
  answers = [saved("1")];
  other.session.value = { name: "marsh", scopes: ["review"], open: false };
  await vi.waitFor(() => expect(other.unsent.value).toBe(0));
  expect(posts()).toHaveLength(2);
  expect(Object.keys(localStorage).filter((key) => key.includes("unsent"))).toEqual([]);
});

test("what is undone before it is sent is never sent", async () => {
  const { decide, list, unsent } = await open("marsh");
  answers = [saved("1")];
  decide({ ...DECISION, onset_s: 0, offset_s: 1 });
  decide(DECISION).undo();
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts()).toHaveLength(1);
  expect(list.all.value.map(({ onset_s }) => onset_s)).toEqual([10.0004]);
});

test("what is undone on its way is deleted once it has an id", async () => {
  const { decide, list, unsent } = await open("marsh");
  answers = [saved("1"), none];
  const decided = decide(DECISION);
  decided.undo();
  decided.undo();
  expect(list.all.value).toEqual([]);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts().map(([method, path]) => [method, path])).toEqual([
    ["POST", "/v1/reviews"],
    ["DELETE", "/v1/reviews/1"],
  ]);
  await vi.waitFor(() => expect(list.all.value).toEqual([]));
});

test("undone, what was said before is said again", async () => {
  const { decide, list, unsent } = await open("marsh");
  answers = [saved("1", null, { verdict: "uncertain", reviewer: "marsh", note: "far away" })];
  decide({ ...DECISION, verdict: "uncertain" });
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  const [before] = list.all.value;
  answers = [saved("2", before), saved("3")];
  const decided = decide(DECISION, list.all.value);
  expect(list.all.value.map(({ verdict }) => verdict)).toEqual(["confirmed"]);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  answers = [saved("3", { ...DECISION, id: "2" } as Review, { verdict: "uncertain" })];
  decided.undo();
  expect(list.all.value.map(({ verdict }) => verdict)).toEqual(["uncertain"]);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts().at(-1)?.[2]).toMatchObject({ verdict: "uncertain", note: "far away" });
  expect(list.all.value.map(({ id }) => id)).toEqual(["3"]);
});

test("who reviews is asked once, and what is decided waits for the name", async () => {
  const { withName, takeName, isNameAsked, isNameWritten, reviewer } = await open();
  const work = vi.fn();
  withName(work);
  expect([isNameAsked.value, work.mock.calls.length]).toEqual([true, 0]);
  takeName("  ");
  expect(isNameAsked.value).toBe(true);
  takeName("Ada");
  withName(work);
  expect([isNameAsked.value, work.mock.calls.length, reviewer.value]).toEqual([false, 2, "Ada"]);
  expect(isNameWritten.value).toBe(true);
});
