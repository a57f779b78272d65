import "./verdict.css";

import { useSignal } from "@preact/signals";
import { useLayoutEffect, useMemo } from "preact/hooks";

import { may } from "../../../../api/session";
import { ScopedButton } from "../../../../app/ScopedButton";
import { useShortcuts } from "../../../../app/shortcuts";
import { AskName } from "../../../../reviews/AskName";
import { CorrectTaxon } from "../../../../reviews/CorrectTaxon";
import { unsent } from "../../../../reviews/outbox";
import { askForName, isNameWritten, reviewer } from "../../../../reviews/reviewer";
import type { Verdict } from "../../../../reviews/types";
import { VerdictShape } from "../../../../reviews/VerdictMark";
import { useModel } from "../../model";
import { findAlsoHeard } from "../also_heard";
import { Deciding } from "./deciding";
import { NoteField } from "./NoteField";
import { Said } from "./Said";

const ACTS: readonly (readonly [verdict: Verdict, does: string, key: string])[] = [
  ["confirmed", "Confirm", "y"],
  ["rejected", "Reject", "n"],
  ["uncertain", "Uncertain", "u"],
];

/** What people say of the selected event, and how one says it: by button, or by Y, N, U, C and Z. */
export default function VerdictPanel() {
  const model = useModel();
  const deciding = useMemo(() => new Deciding(model), [model]);
  const open = useSignal<"taxon" | "note" | null>(null);
  const event = model.selected.value;
  const review = event === null ? null : model.reviewOf(event);
  useLayoutEffect(() => void (open.value = null), [event]);
  const say = (verdict: Verdict) => {
    const selected = model.selected.peek();
    if (selected !== null && may("review")) deciding.say(selected, { verdict });
  };
  const correct = () => may("review") && (open.value = "taxon");
  useShortcuts([
    ...ACTS.map(([verdict, does, key]) => ({ key, does: `${does} the event`, run: () => say(verdict), once: true })),
    { key: "c", does: "Correct the taxon of the event", run: correct },
    { key: "z", does: "Undo what was done last", run: deciding.undo, once: true },
  ]);
  if (event === null) return null;
  const own = review?.reviewer === reviewer.value ? review : null;
  return (
    <section class="verdicts" aria-label="Review">
      <Said review={review} />
      <div class="acts">
        {ACTS.map(([verdict, does, key]) => (
          <ScopedButton
            key={key}
            scope="review"
            class={`verdict ${verdict}`}
            aria-pressed={own?.verdict === verdict && own.corrected_taxon === null}
            aria-keyshortcuts={key}
            onClick={() => say(verdict)}
          >
            <VerdictShape verdict={verdict} /> {does} <kbd aria-hidden="true">{key.toUpperCase()}</kbd>
          </ScopedButton>
        ))}
        <ScopedButton scope="review" aria-expanded={open.value === "taxon"} aria-keyshortcuts="c" onClick={correct}>
          Correct taxon <kbd aria-hidden="true">C</kbd>
        </ScopedButton>
        {own !== null && (
          <button type="button" aria-expanded={open.value === "note"} onClick={() => (open.value = "note")}>
            {own.note === "" ? "Add a note" : "Change the note"}
          </button>
        )}
      </div>
      <AskName />
      {open.value === "taxon" && (
        <CorrectTaxon
          likely={findAlsoHeard(model, event).flatMap(({ taxon }) => model.lanes.value?.taxa[taxon] ?? [])}
          onClose={() => (open.value = null)}
          onChoose={(taxon) => {
            open.value = null;
            deciding.say(event, { verdict: "rejected", corrected_taxon: taxon.scientific_name });
          }}
        />
      )}
      {open.value === "note" && own !== null && (
        <NoteField
          note={own.note}
          onClose={() => (open.value = null)}
          onSave={(note) => {
            open.value = null;
            deciding.say(event, { verdict: own.verdict, corrected_taxon: own.corrected_taxon, note });
          }}
        />
      )}
      <Reviewing />
    </section>
  );
}

/** Who reviews, and what is not with the service yet. */
function Reviewing() {
  return (
    <>
      {isNameWritten.value && (
        <p class="soft">
          You review as {reviewer.value}.{" "}
          <button type="button" class="quiet" onClick={askForName}>
            Change name
          </button>
        </p>
      )}
      {unsent.value > 1 && (
        <p class="say warn" role="status">
          {unsent.value} verdicts are not saved yet. They are kept here, and saved as soon as the service answers.
        </p>
      )}
    </>
  );
}
