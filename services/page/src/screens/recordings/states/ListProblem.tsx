import type { RecordingList } from "../listing/recording_list";

/** Why the list is not what was asked for. That nothing answers at all is said above everything, by the page itself. */
export function ListProblem({ list }: { list: RecordingList }) {
  const problem = list.problem.value;
  if (problem === null || problem.isUnreachable) return null;
  return (
    <p class="say bad" role="alert">
      {problem.detail}
      <button type="button" onClick={() => void list.reload()}>
        Try again
      </button>
    </p>
  );
}
