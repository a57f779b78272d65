import { afterEach, expect, test, vi } from "vitest";

import { Problem } from "../../../api/problems";
import { NO_FIELDS } from "../fields";
import { newItem } from "../item";
import { bring } from "./bring";

const line = vi.hoisted(() => ({ fails: true, isWhole: false }));

vi.mock("./sending", () => ({
  BEGINNING_BYTES: 1,
  Sending: class {
    id = "u";
    done() {
      return undefined;
    }
    bring() {
      if (line.isWhole) return Promise.resolve();
      if (line.fails) return Promise.reject(new Problem("unreadable", 400, "Put the card back."));
      return new Promise(() => undefined);
    }
  },
}));

const chosen = () => newItem({ file: new File(["sound"], "dawn.wav", { lastModified: 1 }), folder: "" });

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a file that failed can be chosen again; one that is on its way goes once", async () => {
  const [first, second, third] = [chosen(), chosen(), chosen()];
  await bring(first);
  expect(first.state.value).toEqual({ at: "failed", why: "Put the card back." });
  line.fails = false;
  void bring(second);
  await vi.waitFor(() => expect(second.state.value.at).toBe("sending"));
  await bring(third);
  expect(third.state.value.at).toBe("twice");
});

test("a file whose recording was made, but not told, is asked for again and does not fail", async () => {
  vi.useFakeTimers();
  line.isWhole = true;
  const keys: (string | undefined)[] = [];
  vi.stubGlobal("fetch", (path: string, { headers }: { headers?: Record<string, string> }) => {
    if (path !== "/v1/recordings") return Promise.resolve(Response.json({ complete: true, start_candidates: [] }));
    keys.push(headers?.["Idempotency-Key"]);
    return Promise.resolve(keys.length === 1 ? new Response('{"id": ') : Response.json({ id: "r", duplicate: false }));
  });
  const item = newItem({ file: new File(["cut"], "cut.wav", { lastModified: 3 }), folder: "" });
  item.order.value = { fields: NO_FIELDS, recordedAt: null, key: "k" };
  void bring(item);
  await vi.advanceTimersByTimeAsync(5000);
  expect(item.state.value).toEqual({ at: "made", recordingId: "r" });
  expect(keys).toEqual(["k", "k"]);
});

test("that its facts are not known yet is no failed try", async () => {
  vi.useFakeTimers();
  line.isWhole = true;
  const answers = [
    ...Array.from({ length: 20 }, () => Response.json({ complete: false })),
    Response.json(
      { detail: "Something broke." },
      { status: 500, headers: { "Content-Type": "application/problem+json" } },
    ),
  ];
  vi.stubGlobal("fetch", () => Promise.resolve(answers.shift() ?? Response.json({ complete: true })));
  const item = newItem({ file: new File(["another"], "dusk.wav", { lastModified: 2 }), folder: "" });
  item.sentBytes.value = item.file.size;
  void bring(item);
  await vi.waitFor(() => expect(item.facts.value?.complete).toBe(false));
  await vi.advanceTimersByTimeAsync(60_000);
  expect([item.facts.value?.complete, item.state.value.at]).toEqual([true, "here"]);
});
