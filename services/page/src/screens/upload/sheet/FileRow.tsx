import { takeOut } from "../batch";
import { asksForZone, chosenReading, shownClock } from "../clocks/start";
import { fields } from "../fields";
import { isSettled, type Item } from "../item";
import { formatBytes } from "../words";
import { FileState } from "./FileState";

/** One file: what it says of itself, and how far it is. */
export function FileRow({ item }: { item: Item }) {
  const { file, folder } = item;
  const state = item.state.value;
  return (
    <tr>
      <th scope="row" title={folder === "" ? file.name : `${folder}/${file.name}`}>
        {file.name}
        {folder !== "" && <span class="soft"> {folder}</span>}
      </th>
      <StartCells item={item} />
      <td class="number">{formatBytes(file.size)}</td>
      <td class="state">
        <FileState item={item} />
      </td>
      <td>
        {(!isSettled(state) || state.at === "failed") && state.at !== "making" && (
          <button
            class="quiet remove"
            type="button"
            aria-label={`Leave out ${file.name}`}
            onClick={() => takeOut(item)}
          >
            ×
          </button>
        )}
      </td>
    </tr>
  );
}

/** When it starts, who says so, and in which zone. */
function StartCells({ item }: { item: Item }) {
  const facts = item.facts.value;
  const reading = chosenReading(facts);
  if (reading === null) {
    const isKnown = facts?.complete === true;
    return (
      <td colSpan={3} class="soft">
        {isKnown ? "No clock in header or name" : ""}
      </td>
    );
  }
  return (
    <>
      <td>
        <time>{shownClock(reading)}</time>
      </td>
      <td>{reading.source === "header" ? "its header" : "its name"}</td>
      <td>{zoneOf(item, reading.offset)}</td>
    </>
  );
}

function zoneOf(item: Item, offset: string | null) {
  if (offset !== null && !asksForZone(item.facts.value)) return <span class="number">{offset}</span>;
  const answer = (item.order.value?.fields ?? fields.value).zone;
  if (answer === null) return <span class="missing">which?</span>;
  if (answer === "without a time") return <span class="soft">none: no time is stored</span>;
  return answer.zone;
}
