import { useSignal, type Signal } from "@preact/signals";
import { useLayoutEffect } from "preact/hooks";

/** What stands in a field that counts later than it is written; it follows the filter where that changes by itself. */
export function useDraft(counted: string): Signal<string> {
  const draft = useSignal(counted);
  useLayoutEffect(() => {
    if (draft.value.trim() !== counted) draft.value = counted;
  }, [counted]);
  return draft;
}
