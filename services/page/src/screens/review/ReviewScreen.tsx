import "./review.css";

import { useEffect, useMemo } from "preact/hooks";

import { complain } from "../../app/notices";
import { query } from "../../app/router";
import { loadPacks, packs } from "../recordings/states/packs";
import { readAsked } from "./asked";
import { LoopView } from "./loop/LoopView";
import { TaxonList } from "./taxa/TaxonList";

const PRODUCT = "Dawn Chorus";

/** Events are reviewed: a taxon is chosen, then its events come one after the other. */
export default function ReviewScreen() {
  const text = query.value.toString();
  const asked = useMemo(() => readAsked(query.value), [text]);
  useEffect(() => {
    if (packs.peek() === null) void loadPacks().catch(complain);
  }, []);
  useEffect(() => {
    document.title = `${asked.taxon === undefined ? "Review" : `Review of ${asked.taxon}`} – ${PRODUCT}`;
    return () => void (document.title = PRODUCT);
  }, [asked.taxon]);
  return asked.taxon === undefined ? <TaxonList asked={asked} /> : <LoopView asked={asked} />;
}
