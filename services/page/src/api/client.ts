/** Requests to the service. What a browser sends along by itself, the session's cookie, is all that identifies it. */
import { asProblem, Problem, readProblem } from "./problems";
import { answers, isReachable, suspect, untilReachable } from "./reachability";
import { isAskedAgain, refusals } from "./refusals";
import { until } from "./waiting";

export { isReachable, refusals };

/** After so long without an answer it is asked whether the service is there at all. */
const LONG_MS = 10_000;
const SESSION = "/v1/session";

export interface Options {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  json?: unknown;
  body?: BodyInit;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

/**
 * Send a request and return its answer; throws `Problem` for what is not 2xx, and where nothing answers.
 *
 * What is only read is asked for again once the service is back. Whatever is refused because the session has ended
 * waits until somebody has signed in, and is then sent once more.
 */
export async function request(path: string, options: Options = {}): Promise<Response> {
  const answer = await sendPatiently(path, options);
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== SESSION) {
    refusals.value += 1;
    if (isAskedAgain.peek()) {
      await until(() => !isAskedAgain.value, options.signal);
      const second = await sendPatiently(path, options);
      if (second.ok) return second;
      throw await readProblem(second);
    }
  }
  throw await readProblem(answer);
}

/** Send a request and read its answer as JSON; throws `Problem` for one that is cut off on its way, too. */
export async function fetchJson<T>(path: string, options: Options = {}): Promise<T> {
  const answer = await request(path, options);
  try {
    return (await answer.json()) as T;
  } catch (error) {
    throw options.signal?.aborted === true ? error : asProblem(error);
  }
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

async function sendPatiently(path: string, options: Options): Promise<Response> {
  const isRead = (options.method ?? "GET") === "GET";
  for (let isLast = false; ;) {
    const answer = await send(path, options);
    if (answer !== null) {
      isReachable.value = true;
      return answer;
    }
    isReachable.value = false;
    // The answer to something asked before it went away can make it look as if it were back.
    if (!isRead || (isLast && (await answers())))
      throw new Problem("unreachable", 0, "The service does not answer. Nothing is lost: try again soon.");
    // Where it was not away at all, this alone does not reach it: tried once more.
    isLast = !(await untilReachable(options.signal));
  }
}

/** Return null where nothing answered, or only something in front of the service. */
async function send(path: string, options: Options): Promise<Response | null> {
  const { json, ...rest } = options;
  const init: RequestInit = { credentials: "same-origin", ...rest };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { ...options.headers, "Content-Type": "application/json" };
  }
  const watch = setTimeout(() => void suspect(), LONG_MS);
  try {
    const answer = await fetch(path, init);
    return isOfProxy(answer) ? null : answer;
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    return null;
  } finally {
    clearTimeout(watch);
  }
}

/** A proxy that finds nobody behind it says so in its own words. */
function isOfProxy(answer: Response): boolean {
  const isAway = answer.status === 502 || answer.status === 503 || answer.status === 504;
  return isAway && answer.headers.get("content-type")?.startsWith("application/problem+json") !== true;
}
