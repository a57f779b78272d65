/** The address says what is shown of a recording, so that a colleague who opens the link sees the same. */
import { batch, effect, signal, untracked } from "@preact/signals";

import { notify } from "../../app/notices";
import { query, setQuery } from "../../app/router";
import { LEAST_SPAN_S, type RecordingModel } from "./model";
import { PARTS, readView, writeView, type PartName, type View } from "./view_query";

/** What a link to a moment shows, and the share of it that lies before the moment. */
const MOMENT_S = 20;
const BEFORE_MOMENT = 0.25;
const SETTLED_MS = 200;

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
      const { view, refused } = readView(query.value, model.recording.peek());
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

function nameView(part: (name: PartName) => string | null): string {
  return PARTS.map((name) => part(name) ?? "").join("&");
}

function show(model: RecordingModel, view: View): void {
  const all_s = model.duration_s.value;
  model.threshold.value = view.threshold;
  model.band_hz.value = view.hz;
  model.contrast_db.value = view.db;
  model.channel.value = view.channel;
  model.taxon.value = null;
  if (view.t !== null && view.span === null) {
    const span_s = Math.min(MOMENT_S, all_s);
    model.show(view.t - span_s * BEFORE_MOMENT, span_s);
    model.cursor_s.value = view.t;
  } else model.show(view.t ?? 0, Math.max(LEAST_SPAN_S, view.span ?? all_s));
}

function findWanted(model: RecordingModel, wanted: { value: string | null }): void {
  const [lanes, code] = [model.lanes.value, wanted.value];
  if (model.taxon.value !== null) {
    // Somebody chose another lane meanwhile.
    wanted.value = null;
    return;
  }
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
    hz: model.band_hz.value,
    db: model.contrast_db.value,
    channel: model.channel.value,
  };
}
