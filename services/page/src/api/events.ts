/** The one stream of all changes (`GET /v1/events`): browsers allow six connections to a host, so there is one. */
import { signal } from "@preact/signals";

import { suspect } from "./reachability";
import { isAskedAgain } from "./refusals";
import { checkSession } from "./session";
import type { Analysis, Export, Recording } from "./types";
import { pause, until } from "./waiting";

export interface Changes {
  /** A recording is new or was corrected. */
  recording?: (recording: Recording) => void;
  /** An analysis went on, at most once a second each. */
  progress?: (analysis: Analysis) => void;
  finished?: (analysis: Analysis) => void;
  /** The id of a recording that is gone. */
  deleted?: (id: string) => void;
  /** A file that is made in the background went on, or is gone. */
  export?: (told: Export | { id: string; state: "removed" }) => void;
  /** The stream began anew after a break: what is shown may be out of date, so load it again. */
  opened?: () => void;
}

export const streamState = signal<"closed" | "live" | "lost">("closed");
const listeners = new Set<Changes>();
let source: EventSource | null = null;
/** Whether somebody may have missed something: it broke, or what is shown was loaded before it was open. */
let hasMissed = false;
let beginning: Promise<void> = Promise.resolve();
let closing: ReturnType<typeof setTimeout> | undefined;
const AGAIN_MS = 3000;
/** So long it is waited for at most, and so long it stays open for the next view. */
const PATIENCE_MS = 1000;

/** Listen until the returned function is called. The stream is open while anybody listens. */
export function listen(changes: Changes): () => void {
  listeners.add(changes);
  clearTimeout(closing);
  if (source === null) open();
  return () => {
    listeners.delete(changes);
    if (listeners.size === 0) closing = setTimeout(close, PATIENCE_MS);
  };
}

/** Resolve once nothing that happens is missed: listen, wait for this, then load. */
export function begun(): Promise<void> {
  return beginning;
}

function open(): void {
  source = new EventSource("/v1/events");
  if (streamState.peek() === "closed") beginning = begin(source);
  source.addEventListener("open", () => {
    streamState.value = "live";
    if (hasMissed) for (const each of [...listeners]) each.opened?.();
    hasMissed = false;
  });
  source.addEventListener("error", () => {
    streamState.value = "lost";
    hasMissed = true;
    void suspect();
    // After an answer that is no stream (401, 503) browsers give up.
    if (source?.readyState === EventSource.CLOSED) void reopen(source);
  });
  on<Recording>("recording", (listener, recording) => listener.recording?.(recording));
  on<Analysis>("progress", (listener, analysis) => listener.progress?.(analysis));
  on<Analysis>("finished", (listener, analysis) => listener.finished?.(analysis));
  on<Export | { id: string; state: "removed" }>("export", (listener, told) => listener.export?.(told));
  on<{ id: string }>("deleted", (listener, gone) => listener.deleted?.(gone.id));
}

/** Wait until it is open, or broken, or it takes too long: then what was loaded meanwhile is loaded again. */
async function begin(opened: EventSource): Promise<void> {
  await pause(PATIENCE_MS, () => streamState.value !== "closed");
  if (source === opened && streamState.peek() === "closed") hasMissed = true;
}

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- says what the event holds
function on<T>(name: string, tell: (listener: Changes, data: T) => void): void {
  source?.addEventListener(name, (event) => {
    const data = JSON.parse((event as MessageEvent<string>).data) as T;
    for (const each of [...listeners]) tell(each, data);
  });
}

/** Open it again, unless somebody closed it; where the session has ended, once somebody has signed in. */
async function reopen(broken: EventSource): Promise<void> {
  await checkSession();
  if (isAskedAgain.peek()) await until(() => !isAskedAgain.value);
  else await pause(AGAIN_MS);
  if (source === broken) open();
}

function close(): void {
  source?.close();
  source = null;
  hasMissed = false;
  streamState.value = "closed";
}
