/** How far an export is, and how many rows it has, in words. */
import type { Export } from "../api/types";
import { formatSize } from "../screens/recording/facts/words";

export interface Count {
  count: number;
  is_exact: boolean;
}

export const UNFINISHED: readonly Export["state"][] = ["waiting", "running"];

export function sayCount({ count, is_exact }: Count): string {
  if (!is_exact) return `More than ${count.toLocaleString("en")} detections`;
  if (count === 0) return "No detections";
  return `${count.toLocaleString("en")} detection${count === 1 ? "" : "s"}`;
}

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
