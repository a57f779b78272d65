import { formatLength, localTime } from "../../../time/clock";
import type { Row } from "../listing/row";
import type { Selection } from "../selection/selection";
import { StateCell } from "./StateCell";
import { TaxaCell } from "./TaxaCell";

/** A recording in the list. Its cells follow their own signals, so that progress redraws one cell only. */
export function RecordingRow({ row, selection }: { row: Row; selection: Selection }) {
  return (
    <tr>
      <SelectCell row={row} selection={selection} />
      <NameCell row={row} />
      <PlaceCell row={row} />
      <StateCell row={row} />
      <TaxaCell row={row} />
    </tr>
  );
}

function SelectCell({ row, selection }: { row: Row; selection: Selection }) {
  const isChosen = selection.has(row.id);
  return (
    <td class="select">
      <input
        type="checkbox"
        aria-label={`Select ${row.facts.value.filename}`}
        checked={isChosen}
        onClick={(event) => selection.choose(row.id, !isChosen, event.shiftKey)}
      />
    </td>
  );
}

function NameCell({ row }: { row: Row }) {
  const { filename, duration_s, sample_rate_hz, channels } = row.facts.value;
  const sound = `${formatLength(duration_s)}, ${sample_rate_hz / 1000} kHz${channels > 1 ? `, ${channels} channels` : ""}`;
  return (
    <th scope="row" class="name">
      <a href={`/recordings/${row.id}`} title={filename}>
        <Broken name={filename} />
      </a>
      <div class="soft number" title={sound}>
        {formatLength(duration_s)}
      </div>
    </th>
  );
}

/** A name that may break behind its marks, for it has no spaces: `20260503_` `043000.wav`. */
function Broken({ name }: { name: string }) {
  return name.split(/(?<=[_.-])/).flatMap((part, at) => (at === 0 ? [part] : [<wbr key={at} />, part]));
}

function PlaceCell({ row }: { row: Row }) {
  const { site, recorded_at, latitude, longitude } = row.facts.value;
  const start = localTime(recorded_at);
  const where = latitude === null || longitude === null ? "no coordinates" : `${latitude}, ${longitude}`;
  return (
    <td class="place">
      <div title={site === null ? where : `${site}, ${where}`} class={site === null ? "soft" : "site"}>
        {site ?? "No site"}
      </div>
      {start === null ? (
        <div class="soft" title="Select it and edit its start">
          No time
        </div>
      ) : (
        <time dateTime={recorded_at ?? undefined} title={`Offset from UTC: ${start.offset}`}>
          {start.date} <span class="clock">{start.time}</span> <span class="soft">{start.offset}</span>
        </time>
      )}
    </td>
  );
}
