import { expect, it } from "vitest";

import { describeWaiting, NO_WORKER } from "./queue";

const behind = (analyses: number, workers: number | null = 1) => ({ workers, ahead: [{ analysis_id: "a", analyses }] });

it("says behind how many it waits", () => {
  expect(describeWaiting(behind(0), "a")).toBe("Next in line.");
  expect(describeWaiting(behind(1), "a")).toBe("Waiting behind 1 other recording.");
  expect(describeWaiting(behind(12), "a")).toBe("Waiting behind 12 other recordings.");
});

it("says that nobody is there to do it", () => {
  expect(describeWaiting(behind(12, 0), "a")).toBe(NO_WORKER);
});

it("claims nothing that is not known", () => {
  expect(describeWaiting(null, "a")).toBe("Waiting for its turn.");
  expect(describeWaiting(behind(2, null), "a")).toBe("Waiting behind 2 other recordings.");
});
