/** The one stream of all changes (`GET /v1/events`): browsers allow six connections to a host, so there is one. */
import { signal } from "@preact/signals";

import type { Analysis, Recording } from "./types";

export interface Changes {
  /** A recording is new or was corrected. */
  recording?: (recording: Recording) => void;
  /** An analysis went on, at most once a second each. */
  progress?: (analysis: Analysis) => void;
  finished?: (analysis: Analysis) => void;
  /** The id of a recording that is gone. */
  deleted?: (id: string) => void;
  /** The stream began anew after a break: what is shown may be out of date, so load it again. */
  resumed?: () => void;
}

export const streamState = signal<"closed" | "live" | "lost">("closed");
const listeners = new Set<Changes>();
let source: EventSource | null = null;

/** Listen until the returned function is called. The stream is open while anybody listens. */
export function listen(changes: Changes): () => void {
  listeners.add(changes);
  if (source === null) open();
  return () => {
    listeners.delete(changes);
    if (listeners.size === 0) close();
  };
}

function open(): void {
  source = new EventSource("/v1/events");
  let wasOpen = false;
  source.addEventListener("open", () => {
    streamState.value = "live";
    if (wasOpen) for (const each of [...listeners]) each.resumed?.();
    wasOpen = true;
  });
  source.addEventListener("error", () => {
    streamState.value = "lost";
    // After an answer that is no stream (401, 503) browsers give up: try again, unless somebody closed it.
    if (source?.readyState === EventSource.CLOSED) setTimeout(reopen, 3000);
  });
  on<Recording>("recording", (listener, recording) => listener.recording?.(recording));
  on<Analysis>("progress", (listener, analysis) => listener.progress?.(analysis));
  on<Analysis>("finished", (listener, analysis) => listener.finished?.(analysis));
  on<{ id: string }>("deleted", (listener, gone) => listener.deleted?.(gone.id));
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- says what the event holds
function on<T>(name: string, tell: (listener: Changes, data: T) => void): void {
  source?.addEventListener(name, (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as T;
    for (const each of [...listeners]) tell(each, data);
  });
}

function reopen(): void {
  if (source === null || source.readyState !== EventSource.CLOSED) return;
  source.close();
  open();
  for (const each of [...listeners]) each.resumed?.();
}

function close(): void {
  source?.close();
  source = null;
  streamState.value = "closed";
}
