/** A view of a recording as the query of its address says it: read from it, and written to it.
 *
 * `t` and `span` are the visible stretch in seconds; `t` alone is a moment. `threshold` is the slider's, `taxon` the
 * code of the lane that has the focus. Of the picture: `hz` is the band of frequencies, `db` the contrast where it was
 * set by hand, `channel` the one that is seen and heard.
 */
import type { Recording } from "../../api/types";

export type Range = readonly [low: number, high: number];

export interface View {
  t: number | null;
  span: number | null;
  threshold: number | null;
  taxon: string | null;
  hz: Range | null;
  db: Range | null;
  channel: number | null;
}

export type PartName = keyof View;
export const PARTS: readonly PartName[] = ["t", "span", "threshold", "taxon", "hz", "db", "channel"];

type Limits = Pick<Recording, "duration_s" | "sample_rate_hz" | "channels">;
type Check<T> = (value: T) => boolean;

/** Two numbers with a hyphen between them; each may have a sign: `2000-8000`, `-90--40`. */
const RANGE = /^(-?\d+(?:\.\d+)?)-(-?\d+(?:\.\d+)?)$/;

/** Return the view that a query asks for, and in words what of it cannot be. */
export function readView(asked: URLSearchParams, limits: Limits): { view: View; refused: string[] } {
  const refused: string[] = [];
  const read = <T>(name: PartName, parse: (text: string) => T | null, isRight: Check<T>, right: string): T | null => {
    const text = asked.get(name) ?? "";
    if (text === "") return null;
    const value = parse(text);
    if (value !== null && isRight(value)) return value;
    refused.push(`${name}=${text} (${right})`);
    return null;
  };
  const { duration_s, sample_rate_hz, channels } = limits;
  const highest_hz = sample_rate_hz / 2;
  const length = Number(duration_s.toFixed(3));
  const isBand = ([low, high]: Range) => low >= 0 && low < high && high <= highest_hz;
  const view = {
    t: read("t", parseNumber, (t) => t >= 0 && t <= duration_s, `seconds between 0 and ${length}`),
    span: read("span", parseNumber, (span) => span > 0, "seconds, above 0"),
    threshold: read("threshold", parseNumber, (threshold) => threshold >= 0 && threshold <= 1, "between 0 and 1"),
    taxon: asked.get("taxon"),
    hz: read("hz", parseRange, isBand, `two frequencies between 0 and ${highest_hz}, the lower first`),
    db: read("db", parseRange, ([low, high]) => low < high, "two levels in dB, the lower first"),
    channel: read(
      "channel",
      parseNumber,
      (n) => Number.isInteger(n) && n >= 1 && n <= channels,
      `from 1 to ${channels}`,
    ),
  };
  return { view, refused };
}

/** Return the parts of the query for a view; null is left out: the whole recording needs none. */
export function writeView(view: View): Record<PartName, string | null> {
  const write = (value: number | null) => (value === null ? null : String(Number(value.toFixed(3))));
  const range = (value: Range | null) =>
    value === null ? null : value.map((each) => Number(each.toFixed(1))).join("-");
  // Rounded, it would cut other events: whoever opens the link would see others.
  const exact = (value: number | null) => (value === null ? null : String(value));
  return {
    t: write(view.t),
    span: write(view.span),
    threshold: exact(view.threshold),
    taxon: view.taxon,
    hz: range(view.hz),
    db: range(view.db),
    channel: exact(view.channel),
  };
}

function parseNumber(text: string): number | null {
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function parseRange(text: string): Range | null {
  const found = RANGE.exec(text);
  return found === null ? null : [Number(found[1]), Number(found[2])];
}
