/** What precision is, before and after a threshold, in words. */
import type { Kept, Precision } from "../types";

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

/** Return `29 of 43 reviewed events are right (67 %)`. */
export function sayCounted({ n, confirmed }: Pick<Precision, "n" | "confirmed">): string {
  if (n === 0) return "No event of this taxon was reviewed yet.";
  const events = n === 1 ? "reviewed event is" : "reviewed events are";
  return `${confirmed} of ${n} ${events} right (${percent(confirmed / n)}).`;
}

/** Return what a threshold leaves: `96 % are expected to be right; of those reviewed, 80 of 83 are.` */
export function sayKept({ precision, reviewed, confirmed }: Kept): string {
  const counted = `of those reviewed, ${confirmed} of ${reviewed} ${reviewed === 1 ? "is" : "are"}`;
  if (precision === null)
    return reviewed === 0 ? "None was reviewed." : `${counted[0]?.toUpperCase()}${counted.slice(1)}.`;
  const expected = `${percent(precision)} are expected to be right`;
  return reviewed === 0 ? `${expected}; none was reviewed.` : `${expected}; ${counted}.`;
}

/** Return which reviews count: `60 across confidences, 12 highest first`; "" where there are none. */
export function sayStrategies(by: Precision["by_strategy"]): string {
  const names = {
    bands: "across confidences",
    random: "random",
    highest: "highest first",
    first: "first of site and day",
    none: "without a queue",
  };
  return (Object.keys(names) as (keyof typeof names)[])
    .filter((name) => by[name] > 0)
    .map((name) => `${by[name]} ${names[name]}`)
    .join(", ");
}

/** Return how sure a threshold is: `95 % interval of the threshold: 0.65 to 0.81.`; an end that is open is that of all. */
export function sayInterval({ low, high }: { low: number | null; high: number | null }): string {
  return `95 % interval of the threshold: ${(low ?? 0).toFixed(2)} to ${(high ?? 1).toFixed(2)}.`;
}
