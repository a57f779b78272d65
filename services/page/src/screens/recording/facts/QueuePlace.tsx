import type { Analysis } from "../../../api/types";

/** Why nothing happens yet: how much is before it, or that nobody works. */
export function QueuePlace({ analysis }: { analysis: Analysis }) {
  return <span>{analysis.priority === "express" ? "Waiting, among the first." : "Waiting for its turn."}</span>;
}
