import { asksForZone, chosenReading, shownClock, type ZoneAnswer } from "../clocks/start";
import { takeOut } from "../closing";
import { fields } from "../fields";
import { isSettled, type Item } from "../item";
import { formatBytes } from "../words";
import { FileState } from "./FileState";
import { FileTrouble } from "./FileTrouble";

/** One file: what it says of itself, how far it is, and below that what is in its way. */
export function FileRow({ item }: { item: Item }) {
  const { file, folder } = item;
  const path = folder === "" ? file.name : `${folder}/${file.name}`;
  const state = item.state.value;
  const canGo = (!isSettled(state) || state.at === "failed") && state.at !== "making";
  return (
    <>
      <tr>
        <th scope="row" id={`upload-${item.id}`} title={path} aria-label={path}>
          <FileName path={path} />
        </th>
        <StartCells item={item} />
        <td class="number">{formatBytes(file.size)}</td>
        <td>
          <FileState item={item} />
        </td>
        <td class="act">
          {canGo && (
            <button class="quiet" type="button" aria-label={`Leave out ${file.name}`} onClick={() => takeOut(item)}>
              ×
            </button>
          )}
        </td>
      </tr>
      <FileTrouble item={item} />
    </>
  );
}

/** Names of recorders differ at their end, with the clock: what does not fit is left out before that. */
const END_LETTERS = 20;

function FileName({ path }: { path: string }) {
  return (
    <span class="file-name">
      <span>{path.slice(0, -END_LETTERS)}</span>
      <span>{path.slice(-END_LETTERS)}</span>
    </span>
  );
}

/** When it starts, who says so, and in which zone. */
function StartCells({ item }: { item: Item }) {
  const facts = item.facts.value;
  const reading = chosenReading(facts);
  if (reading === null) {
    return (
      <td colSpan={3} class="soft no-clock">
        {facts?.complete === true ? "No clock in header or name" : ""}
      </td>
    );
  }
  if (isWithoutTime(item)) {
    return (
      <td colSpan={3} class="soft">
        no time; edit its start later
      </td>
    );
  }
  return (
    <>
      <td>
        <time>{shownClock(reading)}</time>
      </td>
      <td>{reading.source === "header" ? "header" : "file name"}</td>
      <td>{zoneOf(item, reading.offset)}</td>
    </>
  );
}

function zoneOf(item: Item, offset: string | null) {
  if (offset !== null && !asksForZone(item.facts.value)) return <span class="number">{offset}</span>;
  const answer = answerFor(item);
  return answer === null || answer === "without a time" ? <span class="missing">which?</span> : answer.zone;
}

function answerFor(item: Item): ZoneAnswer {
  return (item.order.value?.fields ?? fields.value).zone;
}

/** Its clock is not believed, so it is not shown either. */
function isWithoutTime(item: Item): boolean {
  return asksForZone(item.facts.value) && answerFor(item) === "without a time";
}
