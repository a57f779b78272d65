import { expect, it } from "vitest";

import type { Warning } from "../../../api/types";
import schema from "../../../../build/openapi.json";
import { explainWarning, groupWarnings } from "./warning_words";

const documented = schema.components.schemas.WarningOut.properties.code.description.match(/`(\w+)`:/g) ?? [];

it("explains every warning that the service documents", () => {
  expect(documented.length).toBeGreaterThan(5);
  for (const quoted of documented) {
    const code = quoted.slice(1, -2);
    for (const channels of ["mix", "each", 2] as const) expect(explainWarning(code, { channels }).words).not.toBe("");
  }
});

it("leaves an unknown warning to the service's own words", () => {
  expect(explainWarning("eclipse", { channels: "mix" }).words).toBe("");
});

it("advises nothing that was done already", () => {
  expect(explainWarning("channels_cancel", { channels: "mix" }).words).toContain("Analyze again");
  expect(explainWarning("channels_cancel", { channels: "each" }).words).not.toContain("Analyze again");
});

it("puts warnings of one kind together, in the order in which they come", () => {
  const found = ["silence", "clipped", "silence"].map((code, start_s) => ({ code, start_s }) as Warning);
  expect(groupWarnings(found).map(([code, { length }]) => [code, length])).toEqual([
    ["silence", 2],
    ["clipped", 1],
  ]);
});
