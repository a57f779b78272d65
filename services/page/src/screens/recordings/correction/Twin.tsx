import type { Problem } from "../../../api/problems";

const TWIN = /^recording ([0-9a-f-]{36}) has the same audio/;

/** Why a recording was not changed; where it would be the same as another one, that one is named. */
export function explainTwin({ detail }: Problem) {
  const twinId = TWIN.exec(detail)?.[1];
  if (twinId === undefined) return detail;
  return (
    <>
      Another recording has the same audio, site and start that this one would have: delete one of the two, or correct
      the other first. <a href={`/recordings/${twinId}`}>See the other one</a>
    </>
  );
}
