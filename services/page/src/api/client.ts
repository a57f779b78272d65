/** Requests to the service. What a browser sends along by itself, the session's cookie, is all that identifies it. */
import { signal } from "@preact/signals";

import { Problem, readProblem } from "./problems";

/** Whether the last request reached the service. */
export const isReachable = signal(true);
/** Grows with each 401: the session watches it, to ask for a key again. */
export const refusals = signal(0);

export interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

/** Send a request and return its answer; throws `Problem` for what is not 2xx, and where nothing answers. */
export async function request(path: string, options: Options = {}): Promise<Response> {
  const { json, ...rest } = options;
  const init: RequestInit = { credentials: "same-origin", ...rest };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { ...options.headers, "Content-Type": "application/json" };
  }
  let answer: Response;
  try {
    answer = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    isReachable.value = false;
    throw new Problem("unreachable", 0, "The service does not answer. Nothing is lost; trying again.");
  }
  isReachable.value = true;
  if (answer.ok) return answer;
  if (answer.status === 401) refusals.value += 1;
  throw await readProblem(answer);
}

/** Send a request and read its answer as JSON. */
export async function fetchJson<T>(path: string, options: Options = {}): Promise<T> {
  return (await (await request(path, options)).json()) as T;
}

/** A path with a query: null and undefined are left out. */
export function withQuery(path: string, parts: Record<string, string | number | boolean | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parts)) {
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}
