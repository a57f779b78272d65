import "./verdicts.css";

import type { Verdict } from "./types";
import { VERDICT_SHAPES, VERDICT_WORDS } from "./verdicts";

/** A verdict by shape, color and word. */
export function VerdictMark({ verdict }: { verdict: Verdict }) {
  return (
    <span class={`verdict ${verdict}`}>
      <VerdictShape verdict={verdict} /> {VERDICT_WORDS[verdict]}
    </span>
  );
}

/** The shape alone, for where the word stands beside it. */
export function VerdictShape({ verdict }: { verdict: Verdict }) {
  return (
    <svg class="verdict-shape" viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path d={VERDICT_SHAPES[verdict]} />
    </svg>
  );
}
