/** In which order events come, each with a plain sentence. */
import type { Strategy } from "../../reviews/types";

export const STRATEGIES: Readonly<Record<Strategy, { name: string; means: string }>> = {
  bands: {
    name: "Across confidences",
    means: "As many events of each band of confidence: the best for finding a threshold.",
  },
  random: { name: "Random", means: "Each event is as likely as any other: a fair sample of all of them." },
  highest: {
    name: "Highest first",
    means: "The surest events first: the quickest proof that a species is there. Its precision flatters.",
  },
  first: {
    name: "First of each site and day",
    means: "The surest event of each site and day: a day is done once its event is reviewed.",
  },
};

/** Whether a seed decides the order. */
export function hasSeed(strategy: string): boolean {
  return strategy === "random" || strategy === "bands";
}
