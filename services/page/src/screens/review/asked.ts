/** What is reviewed, as the address says it, in the words of the API: every view is a link. */
import { withQuery } from "../../api/client";
import { earliest, isDayBetween, latest } from "../recordings/filters/filters";
import type { QueuedEvent } from "./types";

export const PARTS = [
  "taxon",
  "site",
  "from",
  "to",
  "pack",
  "strategy",
  "seed",
  "min_confidence",
  "max_confidence",
  "wanted",
] as const;
export type PartName = (typeof PARTS)[number];
/** Only what is set. `from` and `to` are days on the recorder's own clock. */
export type Asked = Partial<Record<PartName, string>>;

/** The precision that a threshold is to have, unless another one is wanted. */
export const USUAL_WANTED = "0.9";
/** As many of each band: from so few reviews, it tells most about where the threshold lies. */
export const USUAL_STRATEGY = "bands";
const PAGE = 20;

export function readAsked(query: URLSearchParams): Asked {
  const asked: Asked = {};
  for (const name of PARTS) {
    const value = query.get(name)?.trim() ?? "";
    if (value !== "") asked[name] = value;
  }
  return asked;
}

/** The parts that decide which taxa there are to review. */
function scope({ site, from, to, pack }: Asked) {
  return { site, from: from && earliest(from), to: to && latest(to), pack };
}

export function taxaUrl(asked: Asked, q: string): string {
  return withQuery("/v1/review-taxa", { ...scope(asked), q, limit: 200 });
}

export function queueUrl(asked: Asked, cursor: string | null): string {
  const { taxon, strategy = USUAL_STRATEGY, seed, min_confidence, max_confidence } = asked;
  const order = { taxon, strategy, seed, min_confidence, max_confidence };
  return withQuery("/v1/review-queue", { ...scope(asked), ...order, cursor, limit: PAGE });
}

export function precisionUrl({ taxon = "", site, pack, wanted = USUAL_WANTED }: Asked): string {
  return withQuery(`/v1/taxa/${encodeURIComponent(taxon)}/precision`, { site, pack, wanted });
}

/** Whether an event is within the days asked for, on its recorder's clock: the API was asked a bit too widely. */
export function isWithinDays({ started_at }: Pick<QueuedEvent, "started_at">, { from, to }: Asked): boolean {
  return isDayBetween(started_at, from, to);
}

/** Whether both ask for the same queue; a seed that only one of them says makes no difference. */
export function asksForSameQueue(one: Asked, other: Asked): boolean {
  return PARTS.every(
    (name) =>
      name === "wanted" ||
      (name === "seed" && (one.seed === undefined || other.seed === undefined)) ||
      one[name] === other[name],
  );
}
