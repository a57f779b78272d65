import { query } from "../../../app/router";
import { ClearFilters } from "../filters/FilterBar";
import { packs } from "./packs";

/** What stands where there is nothing to list, with the one thing to do next. */
export function EmptyList({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) {
    return (
      <div class="empty">
        <p>No recording matches these filters.</p>
        {query.value.has("q") && <p class="soft">Search looks at names of files and sites; “Heard” finds taxa.</p>}
        <ClearFilters />
      </div>
    );
  }
  if (packs.value?.length === 0) {
    return (
      <div class="empty">
        <NoPack />
      </div>
    );
  }
  return (
    <div class="empty">
      <p>
        <strong>There are no recordings yet.</strong> Drop files or a folder anywhere on this page, or choose them
        above. Who sang when appears here while they are being analyzed.
      </p>
    </div>
  );
}

/** Says that nothing can be analyzed, and what to do about it. */
export function NoPack() {
  return (
    <p>
      <strong>No pack is installed</strong>, so nothing can be analyzed yet. On the machine of the service, run{" "}
      <code>chorus models install synthetic</code> for first steps, or see the README for BirdNET; then start a worker.
    </p>
  );
}
