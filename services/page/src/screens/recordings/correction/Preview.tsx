import { localTime } from "../../../time/clock";
import { countOf } from "../words";
import type { Change, StartChange } from "./changes";

interface Props {
  /** How many are not changed yet. */
  left: number;
  changes: readonly Change[];
  start: StartChange;
}

const MOST_SHOWN = 3;

/** What will be so, before it is sent: starts are shown as they were and as they will be. */
export function Preview({ left, changes, start }: Props) {
  if (changes.length === 0) return <p class="soft">Nothing is changed yet. What you do not touch stays as it is.</p>;
  const moved = changes.filter(({ fields }) => "recorded_at" in fields);
  const unchanged = left - changes.length;
  return (
    <div class="preview">
      {start.kind !== "keep" && moved.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col">Start was</th>
              <th scope="col">will be</th>
            </tr>
          </thead>
          <tbody>
            {moved.slice(0, MOST_SHOWN).map(({ recording, fields }) => (
              <tr key={recording.id} title={recording.filename}>
                <td>{say(recording.recorded_at)}</td>
                <td>{say(fields.recorded_at ?? null, recording.recorded_at)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {moved.length > MOST_SHOWN && <p class="soft">and {countOf(moved.length - MOST_SHOWN, "more recording")}</p>}
      {unchanged > 0 && (
        <p class="soft">
          {unchanged} of {left} have this already, or nothing to change.
        </p>
      )}
    </div>
  );
}

/** Return a start in words; beside an older one without what both have in common. */
function say(start: string | null, before: string | null = null): string {
  const [at, was] = [localTime(start), localTime(before)];
  if (at === null) return "no time";
  const [date, offset] = [at.date === was?.date ? "" : at.date, at.offset === was?.offset ? "" : at.offset];
  return `${date} ${at.time} ${offset}`.trim();
}
