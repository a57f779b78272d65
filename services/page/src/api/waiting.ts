/** Wait until what is asked of signals is so. */
import { effect } from "@preact/signals";

/** Resolve once it is so; reject with the signal's reason when that is aborted before. */
export function until(isSo: () => boolean, abort?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (abort?.aborted === true) {
      reject(abort.reason as Error);
      return;
    }
    let end: (() => void) | null = null;
    const settle = (how: () => void) => {
      abort?.removeEventListener("abort", stop);
      queueMicrotask(() => end?.());
      how();
    };
    const stop = () => settle(() => reject(abort?.reason as Error));
    abort?.addEventListener("abort", stop, { once: true });
    end = effect(() => {
      if (isSo()) settle(resolve);
    });
  });
}

/** Resolve after a while, or once it is so. */
export async function pause(ms: number, orOnce: () => boolean = () => false): Promise<void> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ms);
  await until(orOnce, abort.signal).catch(() => undefined);
  clearTimeout(timer);
}
