import { afterEach, expect, test, vi } from "vitest";

import { signOut } from "../../api/session";
import { undoLatest } from "../../app/notices";
import { items } from "./batch";
import { takeOut } from "./closing";
import { newItem } from "./item";
import { removeUpload } from "./sending/bring";

vi.mock("./sending/bring", () => ({ bring: () => Promise.resolve(), removeUpload: vi.fn() }));

afterEach(() => {
  items.value = [];
  vi.mocked(removeUpload).mockReset();
  vi.unstubAllGlobals();
});

/** So much of it is here that it is not sent twice: it can be had back for a moment. */
function takenOut() {
  const item = newItem({ file: new File(["sound"], "long.wav"), folder: "" });
  item.sentBytes.value = 1e9;
  items.value = [item];
  takeOut(item);
  return item;
}

test("what waits to be deleted is deleted before one signs out", async () => {
  const asked = vi.fn(() => Promise.resolve(new Response()));
  vi.stubGlobal("fetch", asked);
  vi.mocked(removeUpload).mockImplementation(() => {
    expect(asked).not.toHaveBeenCalled();
    return Promise.resolve();
  });
  const item = takenOut();
  expect(removeUpload).not.toHaveBeenCalled();
  await signOut();
  expect(removeUpload).toHaveBeenCalledExactlyOnceWith(item);
  expect(asked).toHaveBeenCalledOnce();
});

test("what was taken back is not deleted when one signs out", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
  takenOut();
  undoLatest();
  await signOut();
  expect(removeUpload).not.toHaveBeenCalled();
});
