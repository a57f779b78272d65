import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Recording } from "../../../api/types";
import { notices, undoLatest } from "../../../app/notices";
import { CorrectionPanel } from "./CorrectionPanel";

const close = vi.fn();
let sent: [string, unknown][];
/** Ids that are refused for now. */
let refused: Set<string>;
let root: HTMLElement;

beforeEach(() => {
  [sent, refused, root] = [[], new Set(), document.createElement("div")];
  close.mockReset();
  vi.stubGlobal("fetch", (path: string, { body }: RequestInit) => {
    const id = path.split("/").at(-1) ?? "";
    sent.push([id, JSON.parse(body as string)]);
    const problem = { type: "urn:x:problem:busy", detail: "not now" };
    return Promise.resolve(refused.has(id) ? Response.json(problem, { status: 409 }) : Response.json({}));
  });
});

afterEach(() => {
  render(null, root);
  notices.value = [];
  vi.unstubAllGlobals();
});

function recording(id: string, hour: number): Recording {
  const recorded_at = `2026-05-03T${String(hour).padStart(2, "0")}:00:00+02:00`;
  return { id, filename: `${id}.wav`, recorded_at, site: null, latitude: null, longitude: null } as Recording;
}

async function show(recordings: readonly Recording[]): Promise<void> {
  await act(() => render(<CorrectionPanel recordings={recordings} list={null} onClose={close} />, root));
}

function find(selector: string, name = ""): HTMLElement {
  const found = [...root.querySelectorAll<HTMLElement>(selector)].find((each) => each.textContent.includes(name));
  if (found === undefined) throw new Error(`no ${selector} with ${name}`);
  return found;
}

async function fill(field: HTMLElement | null, value: string): Promise<void> {
  await act(() => {
    (field as HTMLInputElement).value = value;
    for (const kind of ["input", "change"]) field?.dispatchEvent(new Event(kind, { bubbles: true }));
  });
}

async function shiftByAnHour(): Promise<void> {
  await fill(find("label select"), "shift");
  await fill(find(".units label", "Hours").querySelector("input"), "1");
}

async function press(times = 1): Promise<void> {
  for (let n = 0; n < times; n += 1) (find("form") as HTMLFormElement).requestSubmit();
  await vi.waitFor(() => expect(find("form").textContent).not.toContain("Changing…"));
}

test("a shift that was partly refused applies once to each, however often it is sent", async () => {
  const [one, two] = [recording("one", 4), recording("two", 5)];
  await show([one, two]);
  await shiftByAnHour();
  refused.add("two");
  await press();
  await vi.waitFor(() => expect(find("[role=alert]").textContent).toContain("1 recording changed, 1 not:"));
  expect(find(".refusals").textContent).toContain("two.wav: not now");
  // The stream of changes has told of what was changed.
  await show([{ ...one, recorded_at: "2026-05-03T03:00:00+02:00" }, two]);
  expect(find("button[type=submit]").textContent).toBe("Change 1 recording");
  refused.clear();
  await press();
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(sent).toEqual([
    ["one", { recorded_at: "2026-05-03T03:00:00+02:00" }],
    ["two", { recorded_at: "2026-05-03T04:00:00+02:00" }],
    ["two", { recorded_at: "2026-05-03T04:00:00+02:00" }],
  ]);
});

test("one whose answer was lost though it was changed is not moved a second time", async () => {
  const one = recording("one", 4);
  await show([one]);
  await shiftByAnHour();
  refused.add("one");
  await press();
  await vi.waitFor(() => expect(find("[role=alert]").textContent).toContain("1 recording not changed:"));
  await show([{ ...one, recorded_at: "2026-05-03T03:00:00+02:00" }]);
  await press();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(new Set(sent.map(([, fields]) => JSON.stringify(fields))).size).toBe(1);
});

test("a double press sends once", async () => {
  await show([recording("one", 4)]);
  await shiftByAnHour();
  await press(2);
  await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
  expect(sent).toHaveLength(1);
});

test("what was taken back can be changed again", async () => {
  const [one, two] = [recording("one", 4), recording("two", 5)];
  await show([one, two]);
  await shiftByAnHour();
  refused.add("two");
  await press();
  await vi.waitFor(() => expect(find("button[type=submit]").textContent).toBe("Change 1 recording"));
  undoLatest();
  await vi.waitFor(() => expect(find("button[type=submit]").textContent).toBe("Change 2 recordings"));
  expect(sent.at(-1)).toEqual(["one", { recorded_at: "2026-05-03T04:00:00+02:00" }]);
});
