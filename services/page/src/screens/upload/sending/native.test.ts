import { expect, it } from "vitest";

import { Base64 } from "./native";

it("writes names in Base64 of their UTF-8", () => {
  expect(Base64.encode("dawn.wav")).toBe("ZGF3bi53YXY=");
  expect(Base64.encode("Füchse 🦊.wav")).toBe(Buffer.from("Füchse 🦊.wav").toString("base64"));
});
