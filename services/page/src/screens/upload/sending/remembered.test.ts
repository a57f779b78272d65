import { expect, test, vi } from "vitest";

import { forget, recall, remember } from "./remembered";

test("a browser that keeps nothing does not hold up an upload", () => {
  const forbidden = new Proxy({} as Storage, {
    get: () => {
      throw new DOMException("forbidden", "SecurityError");
    },
    ownKeys: () => {
      throw new DOMException("forbidden", "SecurityError");
    },
  });
  vi.stubGlobal("localStorage", forbidden);
  expect(() => remember("file", "/v1/uploads/1")).not.toThrow();
  expect(() => forget("file")).not.toThrow();
  expect(recall("file")).toBeNull();
  vi.unstubAllGlobals();
});
