import { expect, test, vi } from "vitest";

import { askForEach } from "./each";
import { Problem } from "./problems";

const items = Array.from({ length: 20 }, (_, index) => index);

test("each item that is refused keeps its own reason, and the others are done", async () => {
  const ask = (item: number) =>
    item % 5 === 0 ? Promise.reject(new Problem("conflict", 409, `no ${item}`)) : Promise.resolve(item * 2);
  const { done, refused } = await askForEach(items, ask);
  expect(done.map(({ item, result }) => [item, result])).toEqual(
    items.filter((each) => each % 5 !== 0).map((each) => [each, each * 2]),
  );
  expect(refused.map(({ problem }) => problem.detail)).toEqual(["no 0", "no 5", "no 10", "no 15"]);
});

test("a busy service is asked again, as late as it says", async () => {
  vi.useFakeTimers();
  const busy = new Problem("too-many-requests", 429, "later", 7);
  const ask = vi.fn().mockRejectedValueOnce(busy).mockRejectedValueOnce(busy).mockResolvedValue("done");
  const asked = askForEach([1], ask);
  await vi.advanceTimersByTimeAsync(13_900);
  expect(ask).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(200);
  expect((await asked).done).toEqual([{ item: 1, result: "done" }]);
  vi.useRealTimers();
});

test("once nothing answers, the rest is not tried", async () => {
  const ask = vi.fn().mockRejectedValue(new Problem("unreachable", 0, "away"));
  const { refused } = await askForEach(items, ask);
  expect(refused).toHaveLength(20);
  expect(ask.mock.calls.length).toBeLessThanOrEqual(4);
});
