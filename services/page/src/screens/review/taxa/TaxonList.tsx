import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";

import { withQuery } from "../../../api/client";
import { hidesVoices } from "../../../app/preferences";
import { navigate } from "../../../app/router";
import { useShortcuts } from "../../../app/shortcuts";
import { isHumanVoice } from "../../recording/human_voices";
import type { Asked } from "../asked";
import { ClearFilters, isNarrowed, ReviewFilters } from "../filters/ReviewFilters";
import { nameOf } from "../loop/words";
import type { ReviewTaxon } from "../types";
import { sayLeft, TaxaToReview } from "./taxa";

const TYPING_MS = 150;

/** Which taxon is reviewed: all that were heard, those with most left first. */
export function TaxonList({ asked }: { asked: Asked }) {
  const taxa = useMemo(() => new TaxaToReview(), []);
  const text = useSignal("");
  const key = [asked.site, asked.from, asked.to, asked.pack].join("&");
  useEffect(() => {
    const timer = setTimeout(() => void taxa.load(asked, text.value), taxa.found.peek() === null ? 0 : TYPING_MS);
    return () => clearTimeout(timer);
  }, [key, text.value]);
  useEffect(() => () => taxa.close(), []);
  const { found, problem } = taxa;
  const shown = found.value?.items.filter((each) => !(hidesVoices.value && isHumanVoice(each))) ?? null;
  return (
    <div class="review">
      <h1>Review</h1>
      <p class="soft">
        Choose a taxon. Its events come one after the other: look, listen, and say by a key what it is.
      </p>
      <ReviewFilters asked={asked} seed={null} />
      {problem.value !== null && (
        <p class="say bad" role="alert">
          {problem.value.detail}
          <button type="button" onClick={() => void taxa.load(asked, text.value)}>
            Try again
          </button>
        </p>
      )}
      {shown === null && problem.value === null && (
        <p class="on-its-way soft" role="status">
          Counting what is left to review
        </p>
      )}
      {shown !== null && (
        <>
          <Search text={text.value} onSearch={(value) => (text.value = value)} />
          {shown.length === 0 ? (
            <NoTaxa asked={asked} text={text.value} />
          ) : (
            <Rows taxa={shown} asked={asked} total={found.value?.total ?? shown.length} />
          )}
        </>
      )}
    </div>
  );
}

/** Return the address under which a taxon is reviewed. */
export function reviewLink({ scientific_name }: ReviewTaxon, asked: Asked): string {
  return withQuery("/review", { ...asked, taxon: scientific_name });
}

function Search({ text, onSearch }: { text: string; onSearch: (text: string) => void }) {
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  useShortcuts([{ key: "/", does: "Search taxa", run: () => field.current?.select() }]);
  return (
    <label class="search">
      <span class="hidden-visually">Search taxa</span>
      <input
        ref={field}
        type="search"
        placeholder="Part of a name ( / )"
        value={text}
        onInput={(event) => onSearch(event.currentTarget.value.trimStart())}
        onKeyDown={(event) => {
          const first = document.querySelector<HTMLAnchorElement>(".taxa a");
          if (event.key === "ArrowDown") first?.focus();
          else if (event.key === "Enter" && first !== null) navigate(first.href);
          else return;
          event.preventDefault();
        }}
      />
    </label>
  );
}

function Rows({ taxa, asked, total }: { taxa: readonly ReviewTaxon[]; asked: Asked; total: number }) {
  const table = useRef<HTMLTableElement>(null);
  const move = (by: number) => {
    const links = [...(table.current?.querySelectorAll("a") ?? [])];
    const at = links.findIndex((each) => each === document.activeElement);
    links[Math.min(Math.max(at + by, 0), links.length - 1)]?.focus();
  };
  useShortcuts([
    { key: "ArrowDown", does: "To the next taxon", run: () => move(1) },
    { key: "ArrowUp", does: "To the taxon before", run: () => move(-1) },
  ]);
  return (
    <>
      <table ref={table} class="taxa">
        <thead>
          <tr>
            <th scope="col">Taxon</th>
            <th scope="col" class="number">
              Left
            </th>
            <th scope="col" class="number">
              Reviewed
            </th>
            <th scope="col" class="share">
              <span class="hidden-visually">Share that is reviewed</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {taxa.map((each) => (
            <Row key={each.scientific_name} taxon={each} href={reviewLink(each, asked)} />
          ))}
        </tbody>
      </table>
      {total > taxa.length && (
        <p class="soft">
          The first {taxa.length} of {total.toLocaleString("en")} taxa. For others, type a part of the name.
        </p>
      )}
    </>
  );
}

function Row({ taxon, href }: { taxon: ReviewTaxon; href: string }) {
  const all = taxon.left + taxon.reviewed;
  const share = all === 0 ? 0 : taxon.reviewed / all;
  return (
    <tr>
      <th scope="row">
        <a href={href}>{nameOf(taxon)}</a> {nameOf(taxon) !== taxon.scientific_name && <i>{taxon.scientific_name}</i>}
      </th>
      <td class="number">{sayLeft(taxon)}</td>
      <td class="number">
        {!taxon.reviewed_is_exact && "at least "}
        {taxon.reviewed.toLocaleString("en")}
      </td>
      <td class="share">
        <Share share={share} />
      </td>
    </tr>
  );
}

/** A share as the length of a bar; in words beside it for those who do not see it. */
export function Share({ share }: { share: number }) {
  return (
    <>
      <span class="score-bar" aria-hidden="true">
        <span style={{ width: `${share * 100}%` }} />
      </span>
      <span class="hidden-visually">{Math.round(share * 100)} %</span>
    </>
  );
}

function NoTaxa({ asked, text }: { asked: Asked; text: string }) {
  if (text !== "") return <p>No taxon that was heard has “{text}” in its name.</p>;
  if (isNarrowed(asked))
    return (
      <p class="acts">
        Nothing was heard there and then. <ClearFilters />
      </p>
    );
  return (
    <p>
      <strong>There is nothing to review yet.</strong> <a href="/">Upload recordings</a>: what is heard in them appears
      here.
    </p>
  );
}
