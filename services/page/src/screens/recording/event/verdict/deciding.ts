/** Deciding of the events of a recording: what is said of which event, and what of it can be taken back. */
import { notify, undoLatest } from "../../../../app/notices";
import { decide } from "../../../../reviews/decide";
import type { Review, Verdict } from "../../../../reviews/types";
import { sayVerdict } from "../../../../reviews/verdicts";
import { withName } from "../../../../reviews/reviewer";
import { nameOf } from "../../events/going";
import type { RecordingModel, SungEvent } from "../../model";
import { timeInWords } from "../../pictures/times";

export interface Saying {
  verdict: Verdict;
  corrected_taxon?: string | null;
  note?: string;
}

export class Deciding {
  /** What was decided here, the latest last. */
  private readonly done: (() => void)[] = [];

  constructor(private readonly model: RecordingModel) {}

  /** Say it of an event, once it is known who says it. */
  say(event: SungEvent, saying: Saying): void {
    withName(() => this.decide(event, saying));
  }

  /** Take back what was done last, whether or not its notice is still there. */
  readonly undo = (): void => {
    if (undoLatest()) return;
    const undo = this.done.at(-1);
    if (undo === undefined) notify("There is nothing to undo here.");
    else undo();
  };

  private decide(event: SungEvent, saying: Saying): void {
    const { lanes, recording, reviews } = this.model;
    const taxon = lanes.peek()?.taxa[event.taxon];
    if (taxon === undefined) return;
    const { scientific_name, common_name } = taxon;
    const { onset_s, offset_s } = event;
    const about = { recording_id: recording.peek().id, scientific_name, common_name, onset_s, offset_s };
    const decided = decide({ ...about, ...saying }, reviews.all.peek());
    const words = sayDecided(decided.review, nameOf(taxon), timeInWords(this.model, onset_s));
    const undo = () => {
      if (!this.done.includes(undo)) return;
      this.done.splice(this.done.indexOf(undo), 1);
      decided.undo();
    };
    this.done.push(undo);
    notify(words, undo);
  }
}

/** Return what was just decided: `European Robin at 04:31:07: confirmed`. */
export function sayDecided(review: Review, name: string, time: string): string {
  const verdict = sayVerdict(review);
  return `${name} at ${time}: ${verdict.charAt(0).toLowerCase()}${verdict.slice(1)}`;
}
