import { forgetLeftOut, leftOut } from "./batch";
import { notReadable, notSound } from "./words";

/** Names what was dropped and is not taken, and why. */
export function LeftOutNote() {
  const { others, unreadable } = leftOut.value;
  if (others.length === 0 && unreadable.length === 0) return null;
  return (
    <div class={unreadable.length > 0 ? "say warn left-out" : "say left-out"} role="status">
      <div>
        {unreadable.length > 0 && <p>{notReadable(unreadable)}</p>}
        {others.length > 0 && <p>{notSound(others)}</p>}
      </div>
      <button class="quiet" type="button" onClick={forgetLeftOut}>
        Dismiss
      </button>
    </div>
  );
}
