/** Views whose code comes once somebody goes there: the first load stays small. */
import { useSignal } from "@preact/signals";
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";

import { isReachable, suspect, untilReachable } from "../api/reachability";

type Code = Record<"default", ComponentType>;
/** Whoever waits so long for code wants to know whether the service answers at all. */
const LONG_MS = 2000;
/** `ahead` loads the code before the view is shown, which then takes no moment more. */
export type LazyView = ComponentType & { ahead: () => void };

/**
 * Return a view that loads its code when it is first shown, and says so where that takes long or fails. `part` is what
 * it is called, where it is only a part of a view.
 */
export function lazily(load: () => Promise<Code>, part: string | null = null): LazyView {
  let View: ComponentType | null = null;
  const bring = async () => void (View ??= (await load()).default);
  function Lazily() {
    const state = useSignal<"coming" | "here" | "failed">(View === null ? "coming" : "here");
    const fetchCode = async () => {
      state.value = "coming";
      const waiting = setTimeout(() => void suspect(), LONG_MS);
      try {
        await bring().catch(async () => {
          await suspect();
          if (isReachable.peek()) throw new Error("the service has another version of the page");
          await untilReachable(); // it is said meanwhile; then what was asked for comes
          await bring();
        });
        state.value = "here";
      } catch {
        state.value = "failed"; // which is said, with what to do
      } finally {
        clearTimeout(waiting);
      }
    };
    // It may have come ahead since this was drawn: then it is here at once.
    useEffect(() => {
      if (state.peek() === "coming") void fetchCode();
    }, []);
    if (state.value === "here" && View !== null) return <View />;
    if (state.value === "coming") return part === null ? <Coming /> : null;
    return part === null ? (
      <NoCode onRetry={() => void fetchCode()} />
    ) : (
      <NoPart name={part} onRetry={() => void fetchCode()} />
    );
  }
  // Whoever shows it asks again, and is told.
  return Object.assign(Lazily, { ahead: () => void bring().catch(() => null) });
}

function Coming() {
  return (
    <p class="on-its-way soft" role="status">
      Loading this view
    </p>
  );
}

/** The service is away, or has another version of the page by now: then only loading all of it anew helps. */
function NoCode({ onRetry }: { onRetry: () => void }) {
  return (
    <div class="nothing">
      <h1>This view could not be loaded</h1>
      <p>The service does not answer, or it has a newer version of this page.</p>
      <p class="acts">
        <button type="button" onClick={onRetry}>
          Try again
        </button>
        <button type="button" onClick={() => location.reload()}>
          Reload the page
        </button>
      </p>
    </div>
  );
}

function NoPart({ name, onRetry }: { name: string; onRetry: () => void }) {
  return (
    <div class="say bad" role="alert">
      <span>{name} could not be loaded: the service is away, or has a newer version of this page.</span>
      <button type="button" onClick={onRetry}>
        Try again
      </button>
    </div>
  );
}
