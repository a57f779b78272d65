import { ScopedButton } from "../../../app/ScopedButton";
import type { Verdict } from "../../../reviews/types";
import { VerdictShape } from "../../../reviews/VerdictMark";

export const VERDICTS: readonly { key: string; verdict: Verdict; name: string; does: string }[] = [
  { key: "y", verdict: "confirmed", name: "Confirm", does: "Confirm: it is this taxon" },
  { key: "n", verdict: "rejected", name: "Reject", does: "Reject: it is not" },
  { key: "u", verdict: "uncertain", name: "Uncertain", does: "Uncertain: leave it open" },
];

interface Props {
  canUndo: boolean;
  isCorrecting: boolean;
  onVerdict: (verdict: Verdict) => void;
  onCorrect: () => void;
  onSkip: () => void;
  onUndo: () => void;
}

/** The keys as buttons, for those who point. */
export function VerdictButtons({ canUndo, isCorrecting, onVerdict, onCorrect, onSkip, onUndo }: Props) {
  return (
    <div class="verdicts" role="group" aria-label="Verdict">
      {VERDICTS.map(({ key, verdict, name, does }) => (
        <ScopedButton
          key={key}
          scope="review"
          title={`${does} (${key.toUpperCase()})`}
          onClick={() => onVerdict(verdict)}
        >
          <span class={`verdict ${verdict}`}>
            <VerdictShape verdict={verdict} />
          </span>
          {name} <kbd aria-hidden="true">{key.toUpperCase()}</kbd>
        </ScopedButton>
      ))}
      <ScopedButton
        scope="review"
        aria-expanded={isCorrecting}
        title="It is another taxon: name it (C)"
        onClick={onCorrect}
      >
        Another taxon <kbd aria-hidden="true">C</kbd>
      </ScopedButton>
      <button type="button" class="later" title="Come back to it later (S)" onClick={onSkip}>
        Skip <kbd aria-hidden="true">S</kbd>
      </button>
      <button type="button" disabled={!canUndo} title="Undo what was done last (Z)" onClick={onUndo}>
        Undo <kbd aria-hidden="true">Z</kbd>
      </button>
    </div>
  );
}
