import type { Problem } from "../../../api/problems";
import { query } from "../../../app/router";
import { ClearFilters } from "../filters/FilterBar";
import { readFilters } from "../filters/filters";
import { isBusy, type RecordingList } from "../listing/recording_list";

/** Why the list is not what was asked for. That nothing answers at all is said above everything, by the page itself. */
export function ListProblem({ list }: { list: RecordingList }) {
  const problem = list.problem.value;
  if (problem === null || problem.isUnreachable) return null;
  const isRefused = problem.status === 422;
  return (
    <p class="say bad" role="alert">
      {explain(problem)}
      {isBusy(problem) && " This list tries again by itself."}
      {isRefused ? (
        <ClearFilters />
      ) : (
        <button type="button" onClick={() => void list.reload()}>
          Try again
        </button>
      )}
    </p>
  );
}

function explain(problem: Problem): string {
  const isTaxon = problem.errors.some((each) => each.field.startsWith("taxon"));
  if (!isTaxon) return problem.detail;
  const taxon = readFilters(query.value).taxon ?? "";
  return `No installed pack knows “${taxon}”. Choose one of the names that are offered while you write under “Heard”.`;
}
