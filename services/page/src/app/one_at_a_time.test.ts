import { afterEach, expect, test, vi } from "vitest";

import { notices } from "./notices";
import { OneAtATime } from "./one_at_a_time";

afterEach(() => (notices.value = []));

test("a second press while the first runs does nothing, a later one does", async () => {
  const button = new OneAtATime();
  let finish = (): void => undefined;
  const work = vi.fn(() => new Promise<void>((resolve) => (finish = resolve)));
  const first = button.run(work);
  await button.run(work);
  expect(work).toHaveBeenCalledTimes(1);
  expect(button.isBusy.value).toBe(true);
  finish();
  await first;
  expect(button.isBusy.value).toBe(false);
  void button.run(work);
  expect(work).toHaveBeenCalledTimes(2);
});

test("whatever is thrown is told, and the button works again", async () => {
  const button = new OneAtATime();
  await button.run(() => Promise.reject(new TypeError("no problem of the service")));
  await button.run(() => {
    throw new Error("at once");
  });
  expect(notices.value.map((each) => each.text)).toEqual(["no problem of the service", "at once"]);
  expect(button.isBusy.value).toBe(false);
});
