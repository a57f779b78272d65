import "../overview/overview.css";
import "./taxon.css";

import { useEffect } from "preact/hooks";

import { useLoaded } from "../../api/loaded";
import { may } from "../../api/session";
import type { HeardTaxon, Overview } from "../../api/types";
import { path, query } from "../../app/router";
import { openExport } from "../../exports/opening";
import { formatHours } from "../overview/columns";
import { readFilters, taxonUrl, type Filters } from "../overview/filters";
import { count, momentInWords, nameOf } from "../overview/words";
import { BestEvents } from "./BestEvents";
import { Heard } from "./Heard";
import { Reviewed } from "./Reviewed";
import { taxonLink } from "./taxon_link";
import { Where } from "./Where";

/** One taxon over all sites: where, when and how surely it was heard, and what people say of that. */
export default function TaxonScreen() {
  const taxon = decode(path.value.slice("/taxa/".length));
  return (
    <div class="taxon-screen">
      {may("read") ? (
        <Loaded taxon={taxon} />
      ) : (
        <>
          <h1>{taxon}</h1>
          <p class="say">Your key may not look at what was heard: ask for one that may.</p>
        </>
      )}
    </div>
  );
}

function Loaded({ taxon }: { taxon: string }) {
  const filters = readFilters(query.value);
  const loaded = useLoaded<Overview>(taxonUrl(filters, taxon));
  const [overview, problem] = [loaded.value.value, loaded.problem.value];
  const found = overview?.taxa[0];
  const name = found === undefined ? taxon : nameOf(found);
  useEffect(() => {
    document.title = `${name} – Dawn Chorus`;
    return () => void (document.title = "Dawn Chorus");
  }, [name]);
  return (
    <>
      <div class="title">
        <h1>
          {name} {found !== undefined && name !== found.scientific_name && <i class="soft">{found.scientific_name}</i>}
        </h1>
        {found !== undefined && <Acts taxon={found} filters={filters} />}
      </div>
      {problem !== null && (
        <p class="say bad" role="alert">
          <span>{problem.detail}</span>
          <button type="button" onClick={loaded.reload}>
            Load it again
          </button>
          <a href="/overview">See all taxa</a>
        </p>
      )}
      {overview === null && problem === null && <p class="soft on-its-way">Counting…</p>}
      {overview !== null && found !== undefined && (
        <>
          <p role="status">{sayHeard(overview, found, filters)}</p>
          {filters.reviewed !== null && (
            <p class="soft">
              Only events by their review: {filters.reviewed}.{" "}
              <a href={taxonLink(found, { ...filters, reviewed: null })}>Show all that were detected</a>
            </p>
          )}
          <Heard overview={overview} taxon={found} />
          <div class="halves">
            <BestEvents taxon={found} filters={filters} pack={overview.pack} />
            <div>
              {/* What comes later stands below: it must not move a link that is about to be clicked. */}
              <Where overview={overview} taxon={found} filters={filters} />
              <Reviewed taxon={found} filters={filters} pack={overview.pack} />
            </div>
          </div>
        </>
      )}
    </>
  );
}

function Acts({ taxon, filters }: { taxon: HeardTaxon; filters: Filters }) {
  const { site, from, to, pack, reviewed } = filters;
  const left = taxon.verdicts?.unreviewed ?? taxon.detections;
  const asked = new URLSearchParams({ taxon: taxon.scientific_name });
  for (const [name, value] of Object.entries({ site, from, to, pack })) if (value !== null) asked.set(name, value);
  return (
    <div class="acts">
      {left > 0 || reviewed !== null ? (
        <a class="button" href={`/review?${asked.toString()}`}>
          Review {reviewed === null ? count(left, "event") : "events"}
        </a>
      ) : (
        <span class="soft">{taxon.detections > 0 ? "All events are reviewed" : "No event to review"}</span>
      )}
      <button type="button" onClick={() => openExport({ site, from, to, pack, taxon: taxon.scientific_name })}>
        Export
      </button>
    </div>
  );
}

/** Return `23 detections in 12.5 h that somebody listened, at 2 of 3 sites, first …, last …`. */
function sayHeard({ total, by_site, pack }: Overview, taxon: HeardTaxon, { site, from, to }: Filters): string {
  if (total.hours === null) return "Nobody listened here in these days.";
  const sites = by_site.filter((_, at) => (taxon.by_site[at] ?? 0) > 0).length;
  // What is shown may still be that of the address before: the site is its own.
  const only = site !== null && by_site.length === 1 ? by_site[0]?.site : undefined;
  const days = from === null && to === null ? "" : ", in the chosen days";
  const heard = taxon.detections === 0 ? "It was not heard" : count(taxon.detections, "detection");
  const where = only == null ? `, at ${sites} of ${count(by_site.length, "site")}` : `, at ${only}`;
  const when =
    taxon.first_heard === null
      ? ""
      : ` First ${momentInWords(taxon.first_heard)}, last ${momentInWords(taxon.last_heard)}.`;
  return `${heard} in ${formatHours(total.hours)} that somebody listened${where}${days}, by ${pack}.${when}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
