import { useOneAtATime } from "../../../app/one_at_a_time";
import { ScopedButton } from "../../../app/ScopedButton";
import { formatDay } from "../../../time/clock";
import { formatScore } from "../../recording/events/threshold_words";
import { where, type Thresholds } from "./thresholds";

/** Which thresholds are in force for the taxon; each can be removed. */
export function SavedThresholds({ thresholds }: { thresholds: Thresholds }) {
  const once = useOneAtATime();
  const problem = thresholds.problem.value;
  if (problem !== null)
    return (
      <p class="say bad" role="alert">
        {problem.detail}
        <button type="button" onClick={() => void thresholds.load()}>
          Try again
        </button>
      </p>
    );
  const saved = thresholds.saved.value;
  if (saved === null) return null;
  return (
    <section class="saved" aria-labelledby="saved-thresholds">
      <h3 id="saved-thresholds">Thresholds in use</h3>
      {saved.length === 0 && <p class="soft">None is saved: the pack’s own is in use.</p>}
      <ul role="list">
        {saved.map((each) => (
          <li key={`${each.pack} ${each.site ?? ""}`}>
            <span>
              <strong class="number">{formatScore(each.threshold)}</strong> {where(each.site)}
              <span class="soft small" title={each.note}>
                {" "}
                by {each.set_by}, {formatDay(each.set_at.slice(0, 10))}
              </span>
            </span>
            <ScopedButton
              scope="review"
              class="quiet"
              isBusy={once.isBusy.value}
              aria-label={`Remove ${formatScore(each.threshold)} ${where(each.site)}`}
              onClick={() => void once.run(() => thresholds.remove(each))}
            >
              Remove
            </ScopedButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
