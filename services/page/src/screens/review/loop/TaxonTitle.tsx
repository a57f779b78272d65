import { taxonLink } from "../../taxon/taxon_link";
import type { Asked } from "../asked";
import { Share } from "../taxa/TaxonList";
import type { ReviewLoop } from "./review_loop";
import { nameOf, sayProgress, shareReviewed } from "./words";

interface Props {
  asked: Asked;
  loop: ReviewLoop;
  /** Where all taxa are. */
  all: string;
}

/** Which taxon is reviewed, and how far one is. */
export function TaxonTitle({ asked, loop, all }: Props) {
  const event = loop.current.value ?? loop.latest.value;
  const name = event === null ? (asked.taxon ?? "") : nameOf(event);
  const progress = sayProgress(loop);
  const { site, from, to, pack } = asked;
  const linked = { ...(site && { site }), ...(from && { from }), ...(to && { to }), ...(pack && { pack }) };
  return (
    <div class="title">
      <h1>
        <span class="hidden-visually">Review of </span>
        {name} {event !== null && name !== event.scientific_name && <i>{event.scientific_name}</i>}
      </h1>
      <a href={all} title="Choose another taxon ( / )">
        All taxa
      </a>
      {event !== null && <a href={taxonLink(event, linked)}>Sites, hours and days</a>}
      {progress !== "" && (
        <p class="progress number">
          <Share share={shareReviewed(loop)} /> {progress}
          {loop.skipped.value.length > 0 && `, ${loop.skipped.value.length} skipped`}
        </p>
      )}
    </div>
  );
}
