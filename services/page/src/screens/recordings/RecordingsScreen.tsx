import "./recordings.css";

import { useComputed, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";

import { beforeSignOut, may } from "../../api/session";
import { complain } from "../../app/notices";
import { query } from "../../app/router";
import { useShortcuts } from "../../app/shortcuts";
import { items } from "../upload/batch";
import { DropZone } from "../upload/DropZone";
import { AnalyzeAgain } from "./analyze_again/AnalyzeAgain";
import { CorrectionPanel } from "./correction/CorrectionPanel";
import { FilterBar } from "./filters/FilterBar";
import { isNarrowed, readFilters } from "./filters/filters";
import { RecordingList } from "./listing/recording_list";
import { Removal } from "./removal/removal";
import { Selection } from "./selection/selection";
import { SelectionBar, type Panel } from "./selection/SelectionBar";
import { EmptyList } from "./states/EmptyList";
import { ListProblem } from "./states/ListProblem";
import { loadPacks } from "./states/packs";
import { followQueue } from "./states/queue";
import { QueueNote } from "./states/QueueNote";
import { RecordingTable } from "./table/RecordingTable";

/** All recordings, for those who may see them; who may only upload, uploads. */
export default function RecordingsScreen() {
  return may("read") ? <AllRecordings /> : <OnlyUpload />;
}

function OnlyUpload() {
  return (
    <div class="recordings-screen">
      <h1>Recordings</h1>
      <DropZone />
      <p class="say">
        Your key may upload, but not look and listen: what you upload is analyzed, and others see what was heard. To see
        it here, ask whoever made your key for one that may.
      </p>
    </div>
  );
}

/** Newest first: what is being done with them, and what was heard. */
function AllRecordings() {
  const { list, selection, removal } = useList();
  const panel = useSignal<Panel>(null);
  const isFiltered = isNarrowed(readFilters(query.value));
  // Nothing to narrow before there is something; once here they stay, for somebody may be writing in them.
  const hasFilters = useRef(false);
  hasFilters.current ||= isFiltered || list.shown.value.length > 0;
  const isUploading = items.value.length > 0;
  const chosen = useComputed(() => selection.rows.value.map((each) => each.recording)).value;
  useSignalEffect(() => {
    if (selection.rows.value.length === 0) panel.value = null;
  });
  const opener = useRef<Element | null>(null);
  const open = (next: Panel) => {
    opener.current = document.activeElement;
    panel.value = next;
  };
  const close = () => {
    panel.value = null;
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  useShortcuts([
    {
      key: "Escape",
      does: "Close the panel, or clear the selection",
      run: () => (panel.value === null ? selection.clear() : close()),
    },
  ]);
  const remove = () => {
    const ids = chosen.map((each) => each.id);
    selection.clear();
    removal.begin(ids);
    // The button that had the focus is gone.
    document.getElementById("main")?.focus({ preventScroll: true });
  };
  return (
    <div class="recordings-screen">
      <h1>Recordings</h1>
      <DropZone />
      <QueueNote />
      {hasFilters.current && <FilterBar hasClear={list.shown.value.length > 0} />}
      <ListProblem list={list} />
      {chosen.length > 0 && <SelectionBar selection={selection} panel={panel.value} onPanel={open} onDelete={remove} />}
      <div class={panel.value === null ? "" : "beside-panel"}>
        {panel.value === "analyze" && <AnalyzeAgain recordings={chosen} onClose={close} />}
        {panel.value === "correct" && <CorrectionPanel recordings={chosen} list={list} onClose={close} />}
        {list.shown.value.length > 0 && <RecordingTable list={list} selection={selection} />}
      </div>
      {list.isLoaded.value && list.shown.value.length === 0 && (isFiltered || !isUploading) && (
        <EmptyList isFiltered={isFiltered} />
      )}
    </div>
  );
}

function useList() {
  const parts = useMemo(() => {
    const list = new RecordingList();
    return { list, selection: new Selection(list), removal: new Removal(list) };
  }, []);
  const asked = query.value.toString();
  // First, for what happens once the list is asked for has to be told.
  useEffect(() => {
    const { list, removal } = parts;
    const stops = [list.follow(), followQueue(list)];
    const leave = () => removal.endAtOnce();
    window.addEventListener("pagehide", leave);
    const callOff = beforeSignOut(() => removal.endAll());
    loadPacks().catch(complain);
    return () => {
      for (const stop of stops) stop();
      // The page may be left while the requests go out a few at a time: the rest then goes at once.
      void removal
        .endAll()
        .finally(() => {
          window.removeEventListener("pagehide", leave);
          callOff();
        })
        .catch(complain);
    };
  }, []);
  useEffect(() => {
    parts.selection.clear();
    void parts.list.show(readFilters(new URLSearchParams(asked))).catch(complain);
  }, [asked]);
  return parts;
}
