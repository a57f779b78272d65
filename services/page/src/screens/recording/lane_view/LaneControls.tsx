import { nameOf, type Order } from "./order";
import type { LaneState } from "./lane_state";

const ORDERS: Record<Order, string> = { peak: "Highest score", name: "Name", first: "First heard" };

/** How many lanes there are, which of them are shown, and in which order. */
export function LaneControls({ state }: { state: LaneState }) {
  const { model } = state;
  const lanes = model.lanes.value;
  const taxon = model.taxon.value;
  if (lanes === null) return null;
  const [shown, all] = [state.shown.value.length, lanes.taxa.length];
  const isAlone = state.isAlone.value && taxon !== null;
  return (
    <div class="lane-controls">
      <h2>{isAlone || shown < all ? `${shown} of ${all} taxa` : all === 1 ? "1 taxon" : `${all} taxa`}</h2>
      <input
        id="find-taxon"
        type="search"
        aria-label="Find a taxon"
        placeholder="Find a taxon"
        value={state.words.value}
        onInput={(event) => {
          state.words.value = event.currentTarget.value;
          state.isAlone.value = false;
        }}
        onKeyDown={(event) => leaveSearch(event, state)}
      />
      <div class="choices" role="group" aria-label="Order of the lanes">
        {Object.entries(ORDERS).map(([order, name]) => (
          <button
            key={order}
            type="button"
            aria-pressed={state.order.value === order}
            onClick={() => (state.order.value = order as Order)}
          >
            {name}
          </button>
        ))}
      </div>
      <button
        type="button"
        aria-pressed={isAlone}
        disabled={taxon === null}
        title={taxon === null ? "Choose a lane first" : `Show ${nameOf(lanes, taxon)} alone`}
        onClick={() => (state.isAlone.value = !isAlone)}
      >
        Only this lane
      </button>
    </div>
  );
}

/** Enter goes to the first lane that was found, Escape shows all again. */
function leaveSearch(event: KeyboardEvent, state: LaneState): void {
  if (event.key !== "Enter" && event.key !== "Escape") return;
  if (event.key === "Escape") state.words.value = "";
  else state.model.taxon.value = state.shown.value[0] ?? state.model.taxon.value;
  event.preventDefault();
  document.getElementById("lane-names")?.focus();
}
