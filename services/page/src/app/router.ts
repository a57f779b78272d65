/** Which view is shown: it is the address, all of it, so that every view is a link. */
import { computed, signal } from "@preact/signals";

const address = signal(new URL(location.href));

/** The path, without a slash at its end. */
export const path = computed(() => address.value.pathname.replace(/(.)\/+$/, "$1"));
/** What stands behind the question mark. */
export const query = computed(() => address.value.searchParams);

/** Go to another view; `replace` leaves no trace in the history, as for a slider. */
export function navigate(to: string, { replace = false } = {}): void {
  const next = new URL(to, location.href);
  if (next.href === address.value.href) return;
  history[replace ? "replaceState" : "pushState"](null, "", next);
  address.value = next;
  if (!replace) window.scrollTo(0, 0);
}

/** Change parts of the query: null removes one; the others stay. */
export function setQuery(parts: Record<string, string | null>, { replace = true } = {}): void {
  const next = new URL(address.value);
  for (const [name, value] of Object.entries(parts)) {
    if (value === null || value === "") next.searchParams.delete(name);
    else next.searchParams.set(name, value);
  }
  navigate(next.href, { replace });
}

/** Follow links within the page without loading it anew, and the back button. */
export function startRouter(): void {
  window.addEventListener("popstate", () => (address.value = new URL(location.href)));
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.ctrlKey ||
      event.metaKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = linkAt(event);
    if (link === null) return;
    event.preventDefault();
    navigate(link.href);
  });
}

/** Say where a link within the page leads, once it is pointed at, touched or has the focus. */
export function onLinkAhead(say: (path: string) => void): void {
  for (const kind of ["pointerover", "focusin"])
    document.addEventListener(kind, (event) => {
      const link = linkAt(event);
      if (link !== null) say(link.pathname);
    });
}

/** Return the link at which something happens, if it leads to a view of this page. */
function linkAt(event: Event): HTMLAnchorElement | null {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (link === null || link.target !== "" || link.hasAttribute("download")) return null;
  return isOurs(link) ? link : null;
}

const VIEWS = /^\/(recordings\/[^/]+|review|taxa\/.+|overview|keys)?$/;

function isOurs(link: HTMLAnchorElement): boolean {
  return (
    link.origin === location.origin && VIEWS.test(link.pathname) && link.getAttribute("href")?.startsWith("#") === false
  );
}
