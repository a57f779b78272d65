import { expect, test } from "vitest";

import { droppedFiles, sortOut } from "./collect";
import { fingerprintOf } from "./fingerprint";

function found(...names: string[]) {
  return names.map((name) => ({ file: new File(["x"], name), folder: "" }));
}

test("audio is told by its suffix; what systems leave behind is not worth a word", () => {
  const { audio, others } = sortOut(found("A.WAV", "b.flac", "c.m4a", "._A.WAV", ".DS_Store", "CONFIG.TXT", "wav"));
  expect(audio.map(({ file }) => file.name)).toEqual(["A.WAV", "b.flac", "c.m4a"]);
  expect(others.map(({ file }) => file.name)).toEqual(["CONFIG.TXT", "wav"]);
});

test("what lies in a folder that systems hide is no recording", () => {
  const trashed = { file: new File(["x"], "a.wav"), folder: "CARD1/.Trash-1000/files" };
  expect(sortOut([trashed])).toEqual({ audio: [], others: [] });
});

interface Entry {
  name: string;
  fullPath: string;
  isFile: boolean;
  isDirectory: boolean;
}

function fileAt(fullPath: string, isReadable = true) {
  const name = fullPath.split("/").at(-1) ?? "";
  const file = (take: (file: File) => void, fail: (why: Error) => void) =>
    isReadable ? take(new File(["x"], name)) : fail(new Error("no"));
  return { name, fullPath, isFile: true, isDirectory: false, file };
}

/** Like a browser, it hands out its entries a few at a time; a card that is pulled out ends that. */
function folderAt(fullPath: string, entries: Entry[], isReadable = true) {
  const left = [...entries];
  const readEntries = (take: (some: Entry[]) => void, fail: (why: Error) => void) =>
    isReadable ? take(left.splice(0, 1)) : fail(new Error("no"));
  const name = fullPath.split("/").at(-1) ?? "";
  return { name, fullPath, isFile: false, isDirectory: true, createReader: () => ({ readEntries }) };
}

test("a file or folder that cannot be read is named, and the rest is taken", async () => {
  const card = folderAt("/CARD", [
    fileAt("/CARD/b.wav"),
    fileAt("/CARD/broken.wav", false),
    folderAt("/CARD/LOST", [], false),
    folderAt("/CARD/DATA", [fileAt("/CARD/DATA/a.wav")]),
  ]);
  const items = [{ kind: "file", webkitGetAsEntry: () => card }];
  const { found, unreadable } = await droppedFiles({ items: items as unknown as DataTransferItemList });
  expect(found.map(({ file, folder }) => `${folder}/${file.name}`)).toEqual(["CARD/b.wav", "CARD/DATA/a.wav"]);
  expect(unreadable).toEqual(["CARD/broken.wav", "CARD/LOST"]);
});

test("two files of one name, size and time are told apart by their sound", async () => {
  const sound = new Uint8Array(300_000).map((_, place) => (place * 7919) % 251);
  const other = sound.slice();
  other[150_000] = 255;
  const about = { lastModified: 1_714_797_000_000 };
  const names = await Promise.all(
    [sound, sound, other].map((bytes) => fingerprintOf(new File([bytes], "20240504_043000.WAV", about))),
  );
  expect(names[1]).toBe(names[0]);
  expect(names[2]).not.toBe(names[0]);
});
