/** How far an export is, and how many rows it has, in words. */
import type { Count, Export } from "../api/types";
import { formatSize } from "../screens/recording/facts/words";

export const UNFINISHED: readonly Export["state"][] = ["waiting", "running"];

export function sayCount({ count, is_exact }: Count): string {
  if (!is_exact) return `More than ${count.toLocaleString("en")} detections`;
  if (count === 0) return "No detections";
  return `${count.toLocaleString("en")} detection${count === 1 ? "" : "s"}`;
}

/**
 * Say what a package would lack of what was counted, and what to do; null: nothing. `isAll`: nothing would be in it; of
 * what is beyond the count nobody knows.
 */
export function sayLack({ count, is_exact, packages }: Count, format: string): { text: string; isAll: boolean } | null {
  const found = packages[format];
  if (found === undefined || found.count === count) return null;
  const of = is_exact ? `the ${count.toLocaleString("en")}` : `the latest ${count.toLocaleString("en")}`;
  const why = Object.entries(found.left_out)
    .map(([reason, n]) => `${n.toLocaleString("en")} ${REASONS[reason] ?? reason}`)
    .join(", ");
  const begin =
    found.count === 0
      ? `None of ${of} would be in it`
      : `${(count - found.count).toLocaleString("en")} of ${of} would be left out`;
  const canBeMended = Object.keys(found.left_out).some((reason) => reason === "no place" || reason === "no time");
  const todo = canBeMended ? " Select their recordings in the list to give them a place or a start." : "";
  return { text: `${begin}: ${why}.${todo}`, isAll: found.count === 0 && is_exact };
}

/** The API's reasons, as they follow a number. */
const REASONS: Record<string, string> = {
  "no place": "without a place",
  "no time": "without a start",
  "rejected in review": "rejected in review",
  "not of an organism": "of no organism",
};

export function sayState(export_: Export): string {
  const { state, items_total, items_done, items_left_out, size_bytes, expires_at, error } = export_;
  const left_out = items_left_out > 0 ? `, ${items_left_out.toLocaleString("en")} left out${whyLeftOut(export_)}` : "";
  switch (state) {
    case "waiting":
      return "Waiting";
    case "running":
      return items_total === null
        ? `${items_done.toLocaleString("en")} done`
        : `${items_done.toLocaleString("en")} of ${items_total.toLocaleString("en")} done`;
    case "ready":
      return `${formatSize(size_bytes ?? 0)}${left_out}, kept until ${expires_at === null ? "it is deleted" : dayOf(expires_at)}`;
    case "failed":
      return `Failed: ${error ?? "no reason is known"}`;
    default:
      return "Expired: ask for it again";
  }
}

/** Say where one learns why, and what to do where nothing is in it. */
function whyLeftOut({ format, items_total, items_left_out }: Export): string {
  if (items_left_out !== items_total || format === "clips") return " (its README says why)";
  return ": nothing is in it. Its README says why, mostly that recordings have no place or start: select them in the list to give them one";
}

function dayOf(at: string): string {
  return new Date(at).toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
