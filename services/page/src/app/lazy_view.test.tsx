import { render } from "preact";
import { expect, test, vi } from "vitest";

import { lazily } from "./lazy_view";

test("a view whose code comes ahead just after it was first drawn is shown", async () => {
  const View = lazily(() => Promise.resolve({ default: () => <h1>Here</h1> }));
  const place = document.createElement("div");
  render(<View />, place);
  View.ahead();
  await vi.waitFor(() => expect(place.textContent).toBe("Here"));
});

test("code that cannot be had ahead is asked for again once the view is shown, and then said", async () => {
  const load = vi.fn(() => Promise.reject(new Error("away")));
  const View = lazily(load);
  View.ahead();
  const place = document.createElement("div");
  render(<View />, place);
  await vi.waitFor(() => expect(place.textContent).toContain("This view could not be loaded"));
  expect(load).toHaveBeenCalledTimes(2);
});
