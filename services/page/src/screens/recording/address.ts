/** The address says what is shown of a recording, so that a colleague who opens the link sees the same.
 *
 * `t` and `span` are the visible stretch in seconds; `t` alone is a moment, shown with some seconds around it.
 * `threshold` is the slider's, `taxon` the code of the lane that has the focus.
 */
import { batch, effect, signal, untracked } from "@preact/signals";

import { notify } from "../../app/notices";
import { query, setQuery } from "../../app/router";
import { LEAST_SPAN_S, type RecordingModel } from "./model";

export interface View {
  t: number | null;
  span: number | null;
  threshold: number | null;
  taxon: string | null;
}

/** What a link to a moment shows, and the share of it that lies before the moment. */
const MOMENT_S = 20;
const BEFORE_MOMENT = 0.25;
const SETTLED_MS = 200;

/** Return the view that a query asks for, and in words what of it cannot be. */
export function readView(asked: URLSearchParams, duration_s: number): { view: View; refused: string[] } {
  const refused: string[] = [];
  const number = (name: string, isRight: (value: number) => boolean, right: string): number | null => {
    const text = asked.get(name);
    if (text === null || text === "") return null;
    const value = Number(text);
    if (Number.isFinite(value) && isRight(value)) return value;
    refused.push(`${name}=${text} (${right})`);
    return null;
  };
  const view = {
    t: number("t", (t) => t >= 0 && t <= duration_s, `seconds between 0 and ${Number(duration_s.toFixed(3))}`),
    span: number("span", (span) => span > 0, "seconds, above 0"),
    threshold: number("threshold", (threshold) => threshold >= 0 && threshold <= 1, "between 0 and 1"),
    taxon: asked.get("taxon"),
  };
  return { view, refused };
}

/** Return the parts of the query for a view; null is left out: the whole recording needs none. */
export function writeView(view: View): Record<keyof View, string | null> {
  const write = (value: number | null) => (value === null ? null : String(Number(value.toFixed(3))));
  // Rounded, it would cut other events: whoever opens the link would see others.
  const exact = (value: number | null) => (value === null ? null : String(value));
  return { t: write(view.t), span: write(view.span), threshold: exact(view.threshold), taxon: view.taxon };
}

/** Keep the address and the model alike, until the returned function is called: replaced, never a new entry. */
export function followAddress(model: RecordingModel): () => void {
  /** The taxon of the link, until its lane is there. */
  const wanted = signal<string | null>(null);
  let known: string | null = null;
  let timer = 0;
  const stops = [
    effect(() => {
      const asked = nameView((name) => query.value.get(name));
      if (asked === known) return;
      known = asked;
      const { view, refused } = readView(query.value, model.duration_s.peek());
      untracked(() => batch(() => show(model, view)));
      wanted.value = view.taxon;
      if (refused.length > 0) notify(`This link asks for what cannot be shown: ${refused.join(", ")}. The rest is.`);
    }),
    effect(() => findWanted(model, wanted)),
    effect(() => {
      const parts = writeView(currentView(model, wanted.value));
      window.clearTimeout(timer);
      timer = window.setTimeout(() => {
        known = nameView((name) => parts[name]);
        setQuery(parts);
      }, SETTLED_MS);
    }),
  ];
  return () => {
    window.clearTimeout(timer);
    for (const stop of stops) stop();
  };
}

function nameView(part: (name: keyof View) => string | null): string {
  return (["t", "span", "threshold", "taxon"] as const).map((name) => part(name) ?? "").join("&");
}

function show(model: RecordingModel, view: View): void {
  const all_s = model.duration_s.value;
  model.threshold.value = view.threshold;
  if (view.taxon === null) model.taxon.value = null;
  if (view.t !== null && view.span === null) {
    const span_s = Math.min(MOMENT_S, all_s);
    model.show(view.t - span_s * BEFORE_MOMENT, span_s);
    model.cursor_s.value = view.t;
  } else model.show(view.t ?? 0, Math.max(LEAST_SPAN_S, view.span ?? all_s));
}

function findWanted(model: RecordingModel, wanted: { value: string | null }): void {
  const [lanes, code] = [model.lanes.value, wanted.value];
  if (lanes === null || code === null) return;
  const found = lanes.taxa.findIndex((taxon) => taxon.code === code);
  const isOver = model.analysis.value?.terminal !== false;
  if (found < 0 && !isOver) return;
  wanted.value = null;
  if (found >= 0) model.taxon.value = found;
  else notify(`This link asks for the taxon “${code}”, which was not found in this recording.`);
}

function currentView(model: RecordingModel, wanted: string | null): View {
  const [start_s, span_s, taxon] = [model.start_s.value, model.span_s.value, model.taxon.value];
  const isAll = span_s >= model.duration_s.value;
  return {
    t: isAll ? null : start_s,
    span: isAll ? null : span_s,
    threshold: model.threshold.value,
    taxon: wanted ?? (taxon === null ? null : (model.lanes.value?.taxa[taxon]?.code ?? null)),
  };
}
