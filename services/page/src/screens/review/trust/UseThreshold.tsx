import { useOneAtATime } from "../../../app/one_at_a_time";
import { ScopedButton } from "../../../app/ScopedButton";
import { withName } from "../../../reviews/reviewer";
import type { Precision } from "../types";
import { suggestionOf } from "./precision";
import type { Thresholds } from "./thresholds";

interface Props {
  precision: Precision;
  taxon: string;
  /** Where it can be used alone; null: the recording has no site. */
  site: string | null;
  thresholds: Thresholds;
}

/** Takes the suggested threshold: lists, overview and exports use it where they are asked to. */
export function UseThreshold({ precision, taxon, site, thresholds }: Props) {
  const once = useOneAtATime();
  const suggestion = suggestionOf(precision);
  if (suggestion === null) return null;
  const { threshold } = suggestion;
  const note = `${precision.n} reviews${precision.site === null ? "" : ` at ${precision.site}`}, wanted precision ${precision.threshold?.wanted ?? ""}`;
  const use = (at: string | null) =>
    withName(() => void once.run(() => thresholds.use({ taxon, site: at, pack: precision.pack, threshold, note })));
  const text = threshold.toFixed(2);
  return (
    <div class="acts">
      {site !== null && (
        <ScopedButton scope="review" isBusy={once.isBusy.value} onClick={() => use(site)}>
          Use {text} at {site}
        </ScopedButton>
      )}
      <ScopedButton scope="review" isBusy={once.isBusy.value} onClick={() => use(null)}>
        Use {text} everywhere
      </ScopedButton>
    </div>
  );
}
