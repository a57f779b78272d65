import { isUnsent } from "../../../../reviews/changes";
import type { Review } from "../../../../reviews/types";
import { VerdictMark } from "../../../../reviews/VerdictMark";
import { useModel } from "../../model";

/** What was said of the event: by whom, when, which taxon it is instead, and the note. */
export function Said({ review }: { review: Review | null }) {
  const { reviews } = useModel();
  const problem = reviews.problem.value;
  if (problem !== null && review === null) {
    return (
      <p class="say bad" role="alert">
        <span>What was said of it could not be loaded: {problem.detail}</span>
        <button type="button" onClick={reviews.load}>
          Load it again
        </button>
      </p>
    );
  }
  if (review === null)
    return <p class="soft">{reviews.isLoaded.value ? "Not reviewed yet" : "Looking for reviews…"}</p>;
  return (
    <div class="said">
      <p>
        <VerdictMark verdict={review.verdict} />{" "}
        <span class="soft">
          by {review.reviewer}, {isUnsent(review) ? "being saved" : momentInWords(review.reviewed_at)}
        </span>
      </p>
      {review.corrected_taxon !== null && (
        <p>
          It is <i lang="la">{review.corrected_taxon}</i>
        </p>
      )}
      {review.note !== "" && <p class="note">{review.note}</p>}
    </div>
  );
}

/** When somebody sat at a screen is told by the clock of whoever reads it. */
function momentInWords(at: string): string {
  return new Date(at).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
}
