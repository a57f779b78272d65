import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** Count seconds down to 0, from the beginning again whenever `cause` is another one. */
export function useSecondsLeft(seconds: number | null, cause: unknown): number {
  const left = useSignal(0);
  useEffect(() => {
    left.value = seconds ?? 0;
    const timer = setInterval(() => {
      left.value = Math.max(0, left.peek() - 1);
      if (left.peek() === 0) clearInterval(timer);
    }, 1000);
    return () => clearInterval(timer);
  }, [seconds, cause]);
  return left.value;
}
