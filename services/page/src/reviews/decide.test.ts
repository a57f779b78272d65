import { beforeEach, expect, test, vi } from "vitest";

import type { Decision, Review } from "./types";
import type { PostedReview } from "./unsent";

const DECISION: Decision = {
  recording_id: "r",
  scientific_name: "Turdus merula",
  common_name: "Blackbird",
  onset_s: 10.0004,
  offset_s: 14,
  verdict: "confirmed",
};
type Asked = [method: string, path: string, body: unknown];
type Answer = (body: unknown) => Response | Promise<Response>;
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

/** The service saves all of a batch; each has where it begins as its id. */
const savedAll: Answer = (body) => {
  const items = (body as { items: PostedReview[] }).items.map(({ taxon, ...each }) => {
    return { ...each, id: String(each.onset_s), scientific_name: taxon, common_name: "", replaced: null };
  });
  return Response.json({ items }, { status: 201 });
};
const none: Answer = () => new Response(null, { status: 204 });
const posts = () => asked.filter(([method]) => method !== "GET");
/** What was sent, one or many at once: where each begins. */
const sent = () =>
  posts().map(([, , body]) => {
    const { items } = body as { items?: PostedReview[] };
    return items === undefined ? (body as PostedReview).onset_s : items.map(({ onset_s }) => onset_s);
  });
const at = (onset_s: number, more: Partial<Decision> = {}) => ({
  ...DECISION,
  ...more,
  onset_s,
  offset_s: onset_s + 1,
});

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
    return Promise.resolve((answers.shift() ?? none)(asked.at(-1)?.[2]));
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
  expect(sent()).toEqual([[10, 20], 10, 20]);
  expect(list.all.value).toHaveLength(2);
});

test("what has come together meanwhile is sent together", async () => {
  const { decide, list, unsent } = await open("marsh");
  answers = [saved("0"), savedAll];
  decide(at(0));
  await vi.waitFor(() => expect(sent()).toEqual([0]));
  for (const onset_s of [2, 4, 6]) decide(at(onset_s));
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts().map(([, path]) => path)).toEqual(["/v1/reviews", "/v1/reviews/batch"]);
  expect(sent()).toEqual([0, [2, 4, 6]]);
  expect(list.all.value.map(({ id }) => id)).toEqual(["0", "2", "4", "6"]);
});

test("one of many that is refused is told, and the others are saved", async () => {
  const { decide, list, notices, unsent } = await open("marsh");
  const refused = problem(404, "items.1.recording_id: there is no recording r.");
  answers = [refused, saved("2"), refused, problem(404, "There is no recording r."), saved("6")];
  for (const onset_s of [2, 4, 6]) decide(at(onset_s, { common_name: `bird ${onset_s}` }));
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(sent()).toEqual([[2, 4, 6], 2, [4, 6], 4, 6]);
  expect(list.all.value.map(({ id }) => id)).toEqual(["2", "6"]);
  expect(notices.value.map(({ text }) => text)).toEqual(["“bird 4” was not saved: There is no recording r."]);
});

test("what is undone while it is on its way with others is deleted, and they are not", async () => {
  const { decide, list, unsent } = await open("marsh");
  let answer: (response: Response) => void = () => undefined;
  answers = [() => new Promise<Response>((resolve) => (answer = resolve)), none];
  const [, undone] = [decide(at(2)), decide(at(4)), decide(at(6))];
  await vi.waitFor(() => expect(sent()).toEqual([[2, 4, 6]]));
  undone.undo();
  answer(await savedAll(posts()[0]?.[2]));
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  expect(posts().at(-1)?.slice(0, 2)).toEqual(["DELETE", "/v1/reviews/4"]);
  await vi.waitFor(() => expect(list.all.value.map(({ id }) => id)).toEqual(["2", "6"]));
});

test("together they are no longer than what a browser sends of a page that is left", async () => {
  const { decide, unsent } = await open("marsh");
  answers = [savedAll, savedAll, savedAll];
  for (let n = 0; n < 25; n += 1) decide(at(2 * n, { note: "č".repeat(2000) }));
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  const bytes = posts().map(([, , body]) => new Blob([JSON.stringify(body)]).size);
  expect(Math.max(...bytes)).toBeLessThan(65_536);
  expect(sent().flat()).toEqual(Array.from({ length: 25 }, (_, n) => 2 * n));
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

test("what waits for another key keeps nothing of this one waiting, and goes once that key is back", async () => {
  const first = await open("marsh");
  answers = [() => new Promise<Response>(() => undefined)];
  first.decide(at(0));
  const other = await open("someone else");
  answers = [savedAll, saved("0")];
  for (const onset_s of [2, 4, 6]) other.decide(at(onset_s));
  await vi.waitFor(() => expect(other.unsent.value).toBe(0));
  expect(sent()).toEqual([0, [2, 4, 6]]);
  expect(other.unsentOfOthers.value).toBe(1);
  other.session.value = { name: "marsh", scopes: ["review"], open: false };
  expect([other.unsent.value, other.unsentOfOthers.value]).toEqual([1, 0]);
  await vi.waitFor(() => expect(other.unsent.value).toBe(0));
  expect(sent()).toEqual([0, [2, 4, 6], 0]);
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
  await vi.waitFor(() => expect(posts()).toHaveLength(1));
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

/** The answer to what is sent again because its answer was lost: it has replaced itself. */
const lostAndSaved = () => {
  const own = { ...DECISION, id: "1", onset_s: 10, note: "", corrected_taxon: null, strategy: null } as Review;
  return [problem(502, "Bad gateway", { "Retry-After": "0.01" }), saved("1", own)];
};

test.each([null, "uncertain"] as const)("undone, what was sent twice is as it was before: %s", async (before) => {
  const { decide, list, unsent } = await open("marsh");
  answers = before === null ? lostAndSaved() : [saved("1", null, { verdict: before, reviewer: "marsh" })];
  if (before !== null) decide({ ...DECISION, verdict: before });
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  if (before !== null) answers = [...lostAndSaved(), saved("1")];
  const decided = decide(DECISION, list.all.value);
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  decided.undo();
  await vi.waitFor(() => expect(unsent.value).toBe(0));
  const [method, , body] = posts().at(-1) ?? [];
  if (before === null) expect([method, list.all.value]).toEqual(["DELETE", []]);
  else expect(body).toMatchObject({ verdict: before });
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
