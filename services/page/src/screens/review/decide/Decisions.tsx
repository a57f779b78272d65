import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

import { may } from "../../../api/session";
import { notify } from "../../../app/notices";
import { whyNot } from "../../../app/ScopedButton";
import { useShortcuts } from "../../../app/shortcuts";
import { AskName } from "../../../reviews/AskName";
import { CorrectTaxon } from "../../../reviews/CorrectTaxon";
import { askForName, isNameAsked, isNameWritten, reviewer, withName } from "../../../reviews/reviewer";
import type { Verdict } from "../../../reviews/types";
import { keyOf, type ReviewLoop } from "../loop/review_loop";
import type { TaxonNames } from "../../recordings/filters/names";
import type { QueuedEvent } from "../types";
import { NoteField } from "./NoteField";
import { sayOfEach } from "./saying";
import { VerdictButtons, VERDICTS } from "./VerdictButtons";

/** What was named before, the latest first: mostly it is the same few. */
const named = signal<readonly TaxonNames[]>([]);

/** What can be said of the event, each by a key; the next one comes by itself. */
export function Decisions({ loop, event }: { loop: ReviewLoop; event: QueuedEvent }) {
  // Of this event alone: whoever is quick already writes of the next one when effects run.
  const { note, isCorrecting } = useMemo(() => ({ note: signal(""), isCorrecting: signal(false) }), [keyOf(event)]);
  const say = sayOfEach(loop);
  const decide = (verdict: Verdict, corrected_taxon?: string) => {
    if (!may("review")) notify(whyNot("review"));
    else if (!isNameAsked.peek()) withName(() => say.decided(toSaid(verdict, note.peek(), corrected_taxon)));
  };
  const correct = () => {
    if (may("review")) isCorrecting.value = true;
    else notify(whyNot("review"));
  };
  useShortcuts([
    ...VERDICTS.map(({ key, verdict, does }) => ({ key, does, run: () => decide(verdict), once: true })),
    { key: "c", does: "It is another taxon: name it", run: correct, once: true },
    { key: "s", does: "Skip: come back to it later", run: say.skipped, once: true },
    { key: "z", does: "Undo what was done last", run: say.undo, once: true },
  ]);
  return (
    <section class="decisions" aria-label="Decision">
      {!may("review") && <p class="say warn">{whyNot("review")} Meanwhile you can look and listen.</p>}
      <AskName />
      <VerdictButtons
        canUndo={loop.canUndo.value}
        isCorrecting={isCorrecting.value}
        onVerdict={decide}
        onCorrect={correct}
        onSkip={say.skipped}
        onUndo={say.undo}
      />
      {isCorrecting.value && (
        <CorrectTaxon
          likely={named.peek().filter((each) => each.scientific_name !== event.scientific_name)}
          onClose={() => (isCorrecting.value = false)}
          onChoose={(taxon) => {
            named.value = [taxon, ...named.peek().filter((each) => each.scientific_name !== taxon.scientific_name)];
            isCorrecting.value = false;
            decide("rejected", taxon.scientific_name);
          }}
        />
      )}
      <div class="beside">
        <NoteField note={note} />
        {isNameWritten.value && (
          <p class="soft">
            Reviewing as {reviewer.value}{" "}
            <button type="button" class="quiet" onClick={askForName}>
              Change
            </button>
          </p>
        )}
      </div>
    </section>
  );
}

function toSaid(verdict: Verdict, note: string, corrected_taxon: string | undefined) {
  return {
    verdict,
    ...(corrected_taxon !== undefined && { corrected_taxon }),
    ...(note.trim() !== "" && { note: note.trim() }),
  };
}
