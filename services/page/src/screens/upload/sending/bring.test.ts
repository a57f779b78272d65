import { expect, test, vi } from "vitest";

import { Problem } from "../../../api/problems";
import { newItem } from "../item";
import { bring } from "./bring";

const line = vi.hoisted(() => ({ fails: true }));

vi.mock("./sending", () => ({
  BEGINNING_BYTES: 1,
  Sending: class {
    id = "u";
    bring() {
      if (line.fails) return Promise.reject(new Problem("unreadable", 400, "Put the card back."));
      return new Promise(() => undefined);
    }
  },
}));

const chosen = () => newItem({ file: new File(["sound"], "dawn.wav", { lastModified: 1 }), folder: "" });

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
