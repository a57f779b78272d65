import "./overview.css";

import { useEffect } from "preact/hooks";

import { useLoaded } from "../../api/loaded";
import { may } from "../../api/session";
import type { Overview } from "../../api/types";
import { hidesVoices } from "../../app/preferences";
import { query, setQuery } from "../../app/router";
import { openExport } from "../../exports/opening";
import { CorrectedNotice, reviewedOf } from "../../exports/ReviewSelect";
import { Controls } from "./Controls";
import { overviewUrl, readFilters, readShown } from "./filters";
import { Matrix } from "./Matrix";
import { SiteTable } from "./SiteTable";
import { sayListened, sayNothing, sayUndated } from "./words";

/** Who was heard at which hours and on which days, and how long somebody listened. */
export default function OverviewScreen() {
  useEffect(() => {
    document.title = "Overview – Dawn Chorus";
    return () => void (document.title = "Dawn Chorus");
  }, []);
  return (
    <div class="overview-screen">
      <h1>Overview</h1>
      {may("read") ? <Loaded /> : <p class="say">Your key may not look at what was heard: ask for one that may.</p>}
    </div>
  );
}

function Loaded() {
  const filters = readFilters(query.value);
  const shown = readShown(query.value);
  const loaded = useLoaded<Overview>(overviewUrl(filters));
  const overview = loaded.value.value;
  const problem = loaded.problem.value;
  const save = () => {
    const { site, from, to, pack, min_confidence, thresholds, reviewed } = filters;
    const isThresholded = thresholds === "saved";
    const hidden = { hidesVoices: hidesVoices.value };
    openExport({
      ...{ site, from, to, pack, min_confidence, isThresholded },
      ...hidden,
      reviewed: reviewedOf(reviewed),
    });
  };
  return (
    <>
      <Controls filters={filters} shown={shown} onExport={save} />
      {problem !== null && (
        <p class="say bad" role="alert">
          <span>{problem.detail}</span>
          <button type="button" onClick={loaded.reload}>
            Load it again
          </button>
        </p>
      )}
      {overview === null && problem === null && <p class="soft on-its-way">Counting…</p>}
      {overview !== null && (
        <>
          <p role="status" class={loaded.isLoading.value ? "soft" : undefined}>
            {sayListened(overview)}
          </p>
          {sayUndated(overview) !== null && <p class="soft">{sayUndated(overview)}</p>}
          {overview.corrected !== null && (
            <CorrectedNotice n={overview.corrected} onInclude={() => setQuery({ reviewed: "identified" })} />
          )}
          {overview.taxa.length === 0 ? (
            <p class="nothing-heard">{sayNothing(overview, filters)}</p>
          ) : (
            <Matrix overview={overview} shown={shown} filters={filters} />
          )}
          <SiteTable overview={overview} chosen={filters.site} />
        </>
      )}
    </>
  );
}
