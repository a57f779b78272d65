import type { ComponentChildren } from "preact";

import type { Problem } from "../../../api/problems";
import { countOf } from "../words";
import type { Asking } from "./asking";

interface Props {
  asking: Asking;
  /** Says why, and what to do. */
  explain?: (problem: Problem) => ComponentChildren;
}

const MOST_IN_SIGHT = 4;

/** How many are done, and which were refused and why. */
export function Refusals({ asking, explain = ({ detail }) => detail }: Props) {
  const refused = asking.refused.value;
  if (refused.length === 0) return null;
  const { did, doneCount } = asking;
  return (
    <div role="alert">
      <p>
        {doneCount > 0
          ? `${countOf(doneCount, "recording")} ${did}, ${refused.length.toLocaleString("en")} not:`
          : `${countOf(refused.length, "recording")} not ${did}:`}
      </p>
      {/* Scrolls by keys where it is long. */}
      <ul class="refusals" tabIndex={refused.length > MOST_IN_SIGHT ? 0 : undefined}>
        {refused.map(({ item, problem }) => (
          <li key={item.id}>
            <strong>{item.filename}</strong>: {explain(problem)}
          </li>
        ))}
      </ul>
    </div>
  );
}
