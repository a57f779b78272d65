import { useModel } from "../model";
import { lostOf } from "../pictures/marks";
import { stretchInWords } from "../pictures/times";

/** More of them stand above the pictures, in "Not analyzed". */
const MOST = 10;

/** What the table cannot have events of, for who reads it instead of the hatched lanes: no row there is not silence. */
export function NotAnalyzedHere() {
  const model = useModel();
  const lost = lostOf(model);
  if (lost.length === 0) return null;
  const words = lost
    .slice(0, MOST)
    .map(({ start_s, end_s, reason }) => `${stretchInWords(model, start_s, end_s - start_s)} (${reason})`);
  const more = lost.length > MOST ? `, and ${lost.length - MOST} more` : "";
  return (
    <p class="none">
      Not analyzed, so without events: {words.join(", ")}
      {more}.
    </p>
  );
}
