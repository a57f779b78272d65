/** How many of the screen's pixels a CSS pixel is: it changes on another screen, and when the browser zooms. */
import { signal, type ReadonlySignal } from "@preact/signals";

const ratio = signal(window.devicePixelRatio);

/** A media query knows one value only: ask for the next one each time that it no longer holds. */
function watchRatio(): void {
  ratio.value = window.devicePixelRatio;
  window.matchMedia(`(resolution: ${ratio.value}dppx)`).addEventListener("change", watchRatio, { once: true });
}
watchRatio();

/** Whoever draws reads this, to be drawn again when it changes. */
export const pixelRatio: ReadonlySignal<number> = ratio;
