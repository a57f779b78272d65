import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Problem } from "../../../api/problems";
import type { Recording } from "../../../api/types";
import { notices } from "../../../app/notices";
import { Asking, type Answers } from "./asking";

let asking: Asking;
const close = vi.fn();
const [a, b] = ["a", "b"].map((id) => ({ id, filename: `${id}.wav` }) as Recording) as [Recording, Recording];

beforeEach(() => {
  close.mockReset();
  asking = new Asking("changed");
});
afterEach(() => (notices.value = []));

function answers(done: Recording[], refused: Recording[]): () => Promise<Answers> {
  const problem = new Problem("conflict", 409, "it is there already");
  return () => Promise.resolve({ done, refused: refused.map((item) => ({ item, problem })) });
}

test("what is done is not left any more, what was refused is; once nothing is refused the panel closes", async () => {
  asking.show(close);
  await asking.send(answers([a], [b]));
  expect([asking.isLeft("a"), asking.isLeft("b"), asking.doneCount]).toEqual([false, true, 1]);
  expect(asking.refused.value.map(({ item }) => item.id)).toEqual(["b"]);
  expect(close).not.toHaveBeenCalled();
  await asking.send(answers([b], []));
  expect(close).toHaveBeenCalledOnce();
  expect(asking.refused.value).toEqual([]);
});

test("what was taken back is left again", async () => {
  await asking.send(answers([a], [b]));
  asking.forget([a]);
  expect(asking.isLeft("a")).toBe(true);
});

test("what is refused after the panel was closed is told all the same, and no other panel is closed", async () => {
  const hide = asking.show(close);
  hide();
  await asking.send(answers([a], [b]));
  expect(notices.value.map(({ text }) => text)).toEqual(["1 recording not changed. b.wav: it is there already"]);
  await asking.send(answers([b], []));
  expect(close).not.toHaveBeenCalled();
});

test("after something else was thrown, the button works again", async () => {
  await asking.send(() => Promise.reject(new TypeError("nothing of the service's")));
  expect(asking.isBusy.value).toBe(false);
  expect(notices.value).toHaveLength(1);
});
