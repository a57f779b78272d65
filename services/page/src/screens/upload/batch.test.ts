import { afterEach, expect, test, vi } from "vitest";

import { addFiles, items } from "./batch";
import { newItem, type State } from "./item";

vi.mock("./sending/bring", () => ({ bring: () => Promise.resolve() }));

afterEach(() => (items.value = []));

function found(name: string, bytes = "sound") {
  return { file: new File([bytes], name, { lastModified: 1 }), folder: "" };
}

function was(name: string, state: State) {
  const item = newItem(found(name));
  item.state.value = state;
  return item;
}

const MADE: State = { at: "made", recordingId: "r" };
const FAILED: State = { at: "failed", why: "The card was out." };
const names = () => items.value.map(({ file }) => file.name);

test("what failed stays until the same file is chosen again; what was made makes room", () => {
  items.value = [was("made.wav", MADE), was("failed.wav", FAILED), was("again.wav", FAILED)];
  addFiles([found("again.wav"), found("failed.wav", "another sound"), found("new.wav")]);
  expect(names()).toEqual(["failed.wav", "again.wav", "failed.wav", "new.wav"]);
});

test("as long as something is on its way all stays, but for what failed and is chosen again", () => {
  items.value = [was("made.wav", MADE), was("sent.wav", { at: "sending" }), was("again.wav", FAILED)];
  addFiles([found("again.wav")]);
  expect(names()).toEqual(["made.wav", "sent.wav", "again.wav"]);
  expect(items.value[2]?.state.value.at).toBe("waiting");
});
