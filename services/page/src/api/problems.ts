export interface FieldError {
  /** As `onset_threshold` or `ids.3`. */
  field: string;
  detail: string;
}

/** What went wrong, as the service says it (RFC 9457), or that it could not be asked. */
export class Problem extends Error {
  constructor(
    /** The stable end of `type`, as `not-found`; `unreachable` where nothing answered. */
    readonly kind: string,
    readonly status: number,
    /** A sentence that says what to do. */
    readonly detail: string,
    /** When to try again; null where trying again does not help. */
    readonly retryAfterS: number | null = null,
    /** Which fields or items are wrong, and why; empty where the detail says it all. */
    readonly errors: readonly FieldError[] = [],
  ) {
    super(detail);
    this.name = "Problem";
  }

  /** Whether nothing answered at all: the line or the service is away. */
  get isUnreachable(): boolean {
    return this.kind === "unreachable";
  }
}

/** Read the problem of an answer that is not 2xx. */
export async function readProblem(answer: Response): Promise<Problem> {
  const text = await answer.text().catch(() => "");
  return parseProblem(answer.status, answer.headers.get("retry-after"), text);
}

/** Return the problem that an answer tells, by its status, its `Retry-After` and its body. */
export function parseProblem(status: number, retryAfter: string | null | undefined, text: string): Problem {
  const retry = Number(retryAfter);
  const retryAfterS = retry > 0 ? retry : null;
  try {
    const body = JSON.parse(text) as {
      type?: string;
      detail?: string;
      title?: string;
      errors?: FieldError[];
      request_id?: string;
    };
    const kind = (body.type ?? "").split(/[/:#]/).at(-1) ?? "";
    // What is wrong in the service is for whoever reads its log, and is found there by this.
    const where = kind === "internal-error" && body.request_id ? ` (request ${body.request_id})` : "";
    return new Problem(kind, status, (body.detail ?? body.title ?? text) + where, retryAfterS, body.errors);
  } catch {
    return new Problem("", status, `The service answered ${status}.`, retryAfterS);
  }
}

/** Return whatever was thrown as a problem: an answer that was cut off on its way is none of the service's own. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new Problem("unexpected", 0, `The answer could not be read (${why}). Try again.`);
}
