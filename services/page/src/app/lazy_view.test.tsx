import { render } from "preact";
import { expect, test, vi } from "vitest";

import { isReachable } from "../api/reachability";
import { lazily } from "./lazy_view";

test("a view whose code comes ahead just after it was first drawn is shown", async () => {
  const View = lazily(() => Promise.resolve({ default: () => <h1>Here</h1> }));
  const place = document.createElement("div");
  render(<View />, place);
  View.ahead();
  await vi.waitFor(() => expect(place.textContent).toBe("Here"));
});

test("code that cannot be had ahead is asked for again once the view is shown, and then said", async () => {
  vi.stubGlobal("fetch", () => Promise.resolve(new Response()));
  const load = vi.fn(() => Promise.reject(new Error("gone")));
  const View = lazily(load);
  View.ahead();
  const place = document.createElement("div");
  render(<View />, place);
  await vi.waitFor(() => expect(place.textContent).toContain("This view could not be loaded"));
  expect(load).toHaveBeenCalledTimes(2);
});

test("code that a service that is away cannot give comes once it is back", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new Error("away")));
  let isAway = true;
  const View = lazily(() =>
    isAway ? Promise.reject(new Error("away")) : Promise.resolve({ default: () => <h1>Here</h1> }),
  );
  const place = document.createElement("div");
  render(<View />, place);
  await vi.waitFor(() => expect(isReachable.peek()).toBe(false));
  isAway = false;
  isReachable.value = true;
  await vi.waitFor(() => expect(place.textContent).toBe("Here"));
});
