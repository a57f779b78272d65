import { REVIEWED, type Reviewed } from "./opening";

const WORDS: Record<Reviewed, string> = {
  confirmed: "Only confirmed ones",
  identified: "Identified: confirmed or corrected",
  rejected: "Only rejected ones",
  uncertain: "Only uncertain ones",
  any: "Only reviewed ones",
  none: "Only those that nobody reviewed",
};

interface Props {
  value: string | null;
  onChange: (value: Reviewed | null) => void;
}

/** By which review detections are chosen. */
export function ReviewSelect({ value, onChange }: Props) {
  return (
    <select value={value ?? ""} onChange={({ currentTarget }) => onChange(reviewedOf(currentTarget.value))}>
      <option value="">Whatever was decided</option>
      {REVIEWED.map((each) => (
        <option key={each} value={each}>
          {WORDS[each]}
        </option>
      ))}
    </select>
  );
}

/** Return the choice of that name; null: there is none. */
export function reviewedOf(name: string | null): Reviewed | null {
  return REVIEWED.find((each) => each === name) ?? null;
}

interface NoticeProps {
  /** Of how many a reviewer named another taxon; null: it is not known. */
  n: number | null;
  onInclude: () => void;
}

/** Say that what was corrected is not among what is confirmed, with the choice that has both. */
export function CorrectedNotice({ n, onInclude }: NoticeProps) {
  if (n === 0) return null;
  const were = n === 1 ? "was" : "were";
  const said =
    n === null
      ? "Detections that were corrected to another taxon are not among them."
      : `${n.toLocaleString("en")} more ${were} corrected to another taxon, and ${n === 1 ? "is" : "are"} not among them.`;
  return (
    <p class="say">
      <span>{said}</span>
      <button type="button" onClick={onInclude}>
        Include {n === 1 ? "it" : "them"}
      </button>
    </p>
  );
}
