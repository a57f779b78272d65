import { expect, test } from "vitest";

import { formatLength, formatPosition, localTime } from "./clock";

test("the recorder's clock is shown in its own offset, over midnight too", () => {
  expect(localTime("2026-05-03T23:59:59+02:00", 2)).toEqual({ date: "2026-05-04", time: "00:00:01", offset: "+02:00" });
  expect(localTime("2026-05-03T04:30:00.250Z", 0.5, 1)?.time).toBe("04:30:00.7");
  expect(localTime(null, 3)).toBeNull();
});

test("a second is not shown before it is reached", () => {
  expect(formatPosition(59.999)).toBe("0:59");
  expect(formatPosition(3723.49, 1)).toBe("1:02:03.4");
  expect(formatPosition(0.3, 1)).toBe("0:00.3");
});

test("lengths are said in two units", () => {
  expect([4.5, 150, 3600, 3900, 86_400].map(formatLength)).toEqual(["4.5 s", "2 min 30 s", "1 h", "1 h 5 min", "24 h"]);
});
