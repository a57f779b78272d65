import { session } from "../../api/session";
import { path } from "../../app/router";
import { isBusy, items } from "./batch";
import { isSettled } from "./item";
import { count } from "./words";

/** Says in the bar at the top, on other views than the sheet's, that files are on their way, and leads there. */
export function UploadMark() {
  if (!isBusy.value) return null;
  const left = items.value.filter(({ state }) => !isSettled(state.value)).length;
  if (session.value === null) return <span>{count(left, "file")} will go on once you are signed in</span>;
  return path.value === "/" ? null : <a href="/">{count(left, "file")} to upload</a>;
}
