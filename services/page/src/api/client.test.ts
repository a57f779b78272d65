import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { fetchJson, isReachable, refusals, request } from "./client";
import { parseProblem, Problem } from "./problems";
import { outage, suspect, tryNow } from "./reachability";
import { isAskedAgain } from "./refusals";

type Answer = Response | "nothing";
/** What is answered, by path: the first, then the next one; the last again and again. */
let answers: Record<string, Answer[]>;
let asked: string[];

beforeEach(() => {
  vi.useFakeTimers();
  answers = { "/health/live": ["nothing"] };
  asked = [];
  vi.stubGlobal("fetch", (path: string) => {
    asked.push(path);
    const left = answers[path] ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    return answer === undefined || answer === "nothing"
      ? Promise.reject(new TypeError("failed"))
      : Promise.resolve(answer.clone());
  });
});

afterEach(() => {
  isReachable.value = true;
  isAskedAgain.value = false;
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const ok = () => new Response("{}");

function problem(status: number): Response {
  const headers = { "Content-Type": "application/problem+json" };
  return new Response(JSON.stringify({ type: "urn:x:problem:some", detail: "because" }), { status, headers });
}

test("a single failure is tried again and never told", async () => {
  answers = { "/v1/x": ["nothing", ok()], "/health/live": [ok()] };
  const told = vi.fn();
  const stop = outage.subscribe(told);
  const answer = request("/v1/x");
  await vi.advanceTimersByTimeAsync(600);
  expect((await answer).status).toBe(200);
  stop();
  expect(told.mock.calls).toEqual([[null]]);
});

test("what is read comes once the service is back, and meanwhile it is told since when", async () => {
  answers = { "/v1/x": ["nothing", ok()], "/health/live": ["nothing", "nothing", ok()] };
  const began = Date.now();
  const answer = request("/v1/x");
  await vi.advanceTimersByTimeAsync(700);
  expect(outage.value?.getTime()).toBe(began);
  await vi.advanceTimersByTimeAsync(4000);
  expect((await answer).status).toBe(200);
  expect(outage.value).toBeNull();
  expect(asked.filter((each) => each === "/v1/x")).toHaveLength(2);
});

test("what would change something is not sent twice, and says that nothing answers", async () => {
  answers = { "/v1/x": ["nothing"], "/health/live": [ok()] };
  const refused = expect(request("/v1/x", { method: "POST", json: {} })).rejects.toMatchObject({ isUnreachable: true });
  await vi.advanceTimersByTimeAsync(600);
  await refused;
  expect(asked.filter((each) => each === "/v1/x")).toHaveLength(1);
});

test("where only this is not reached, that is told to whoever asked", async () => {
  answers = { "/v1/x": ["nothing"], "/health/live": [ok()] };
  const refused = expect(request("/v1/x")).rejects.toMatchObject({ isUnreachable: true });
  await vi.advanceTimersByTimeAsync(600);
  await refused;
});

test("the late answer to something asked before does not end the wait of what finds the service away", async () => {
  answers = { "/v1/x": ["nothing", "nothing", ok()], "/health/live": ["nothing", "nothing", ok()] };
  const answer = request("/v1/x");
  await vi.advanceTimersByTimeAsync(100);
  isReachable.value = true;
  await vi.advanceTimersByTimeAsync(4000);
  expect((await answer).status).toBe(200);
  expect(asked.filter((each) => each === "/v1/x")).toHaveLength(3);
});

test("a proxy without a service behind it is no answer, a problem of the service is one", async () => {
  answers = {
    "/v1/x": [new Response("Bad gateway", { status: 502 }), ok()],
    "/health/live": [ok()],
    "/v1/y": [problem(503)],
  };
  const answer = request("/v1/x");
  await vi.advanceTimersByTimeAsync(600);
  expect((await answer).status).toBe(200);
  await expect(request("/v1/y")).rejects.toMatchObject({ status: 503, detail: "because" });
  expect(isReachable.value).toBe(true);
});

test("whoever gives up waits no longer", async () => {
  answers = { "/v1/x": ["nothing"], "/health/live": ["nothing"] };
  const abort = new AbortController();
  const given = expect(request("/v1/x", { signal: abort.signal })).rejects.toThrow();
  await vi.advanceTimersByTimeAsync(700);
  abort.abort(new Error("given up"));
  await given;
});

test("tries come at longer and longer intervals, and at once where somebody asks for one", async () => {
  answers = { "/health/live": ["nothing"] };
  await suspect();
  await vi.advanceTimersByTimeAsync(60_000);
  const slow = asked.length;
  expect(slow).toBeLessThan(12);
  tryNow();
  await vi.advanceTimersByTimeAsync(10);
  expect(asked.length).toBe(slow + 1);
});

test("what is refused waits until somebody has signed in, and is sent once more", async () => {
  answers = { "/v1/x": [problem(401), ok()] };
  const before = refusals.value;
  const stop = refusals.subscribe((count) => {
    if (count > before) isAskedAgain.value = true;
  });
  const answer = request("/v1/x", { method: "POST", json: { typed: "before" } });
  await vi.advanceTimersByTimeAsync(0);
  expect(asked).toEqual(["/v1/x"]);
  isAskedAgain.value = false;
  expect((await answer).status).toBe(200);
  expect(asked).toEqual(["/v1/x", "/v1/x"]);
  stop();
});

test("where nobody was signed in, a refusal is told", async () => {
  answers = { "/v1/x": [problem(401)] };
  const error: unknown = await request("/v1/x").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  expect(error).toMatchObject({ status: 401 });
});

test("a bug in the service is told with the id of the request, other problems without", () => {
  const say = (kind: string) =>
    parseProblem(500, null, JSON.stringify({ type: `urn:x:problem:${kind}`, detail: "Oh.", request_id: "f7" })).detail;
  expect([say("internal-error"), say("unavailable")]).toEqual(["Oh. (request f7)", "Oh."]);
});

test("an answer that is cut off on its way is a problem like others", async () => {
  answers = { "/v1/x": [new Response('{"items": [')] };
  const error: unknown = await fetchJson("/v1/x").catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  expect((error as Problem).status).toBe(0);
});

test("what is no longer wanted is no problem", async () => {
  answers = { "/v1/x": [new Response('{"items": [')] };
  await expect(fetchJson("/v1/x", { signal: AbortSignal.abort() })).rejects.not.toBeInstanceOf(Problem);
});
