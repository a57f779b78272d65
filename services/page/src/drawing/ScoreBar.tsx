/** A score as the length of a bar; the number stands beside it. */
export function ScoreBar({ score }: { score: number }) {
  return (
    <span class="score-bar" aria-hidden="true">
      <span style={{ width: `${score * 100}%` }} />
    </span>
  );
}
