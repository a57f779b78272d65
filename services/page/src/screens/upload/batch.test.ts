import { afterEach, expect, test, vi } from "vitest";

import { addFiles, items, makeRecordings } from "./batch";
import { change, fields, NO_FIELDS } from "./fields";
import { newItem, type State } from "./item";

vi.mock("./sending/bring", () => ({ bring: () => Promise.resolve() }));

afterEach(() => {
  items.value = [];
  fields.value = NO_FIELDS;
});

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

const MARSH = "marsh_20260501_040000.wav";

test("a site that all files tell is suggested, and taken back once they do not agree", () => {
  addFiles([found(MARSH)]);
  expect(fields.value).toMatchObject({ site: "marsh", siteBy: "names" });
  addFiles([found("pond_20260501_040000.wav")]);
  expect(fields.value).toMatchObject({ site: "", siteBy: "nobody" });
});

test("what somebody wrote stays, also an empty field", () => {
  addFiles([found(MARSH)]);
  change({ site: "", siteBy: "somebody" });
  addFiles([found("marsh_20260501_050000.wav"), found("plain.wav")]);
  items.value = items.value.slice(0, 1);
  expect(fields.value.site).toBe("");
});

test("files that follow those that are on their way suggest nothing: a retry would take it", () => {
  addFiles([found(MARSH)]);
  makeRecordings();
  addFiles([found("pond_20260501_040000.wav")]);
  expect(fields.value).toMatchObject({ site: "marsh", siteBy: "names" });
});

test("a site keeps the spelling by which it is known while files arrive", () => {
  addFiles([found("MARSH_20260501_040000.wav"), found("MARSH_20260501_050000.wav")]);
  change({ site: "marsh" });
  for (const { state } of items.value) state.value = { at: "here" };
  expect(fields.value).toMatchObject({ site: "marsh", siteBy: "names" });
});
