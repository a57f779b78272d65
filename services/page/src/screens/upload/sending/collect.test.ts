import { expect, test } from "vitest";

import { sortOut } from "./collect";
import { fingerprintOf } from "./fingerprint";

function found(...names: string[]) {
  return names.map((name) => ({ file: new File(["x"], name), folder: "" }));
}

test("audio is told by its suffix; what systems leave behind is not worth a word", () => {
  const { audio, others } = sortOut(found("A.WAV", "b.flac", "c.m4a", "._A.WAV", ".DS_Store", "CONFIG.TXT", "wav"));
  expect(audio.map(({ file }) => file.name)).toEqual(["A.WAV", "b.flac", "c.m4a"]);
  expect(others.map(({ file }) => file.name)).toEqual(["CONFIG.TXT", "wav"]);
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
