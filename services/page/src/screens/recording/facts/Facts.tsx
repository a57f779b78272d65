import "./facts.css";

import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";

import type { Analysis } from "../../../api/types";
import { setQuery } from "../../../app/router";
import { useShortcuts } from "../../../app/shortcuts";
import { AnalyzeAgain } from "../../recordings/analyze_again/AnalyzeAgain";
import { CorrectionPanel } from "../../recordings/correction/CorrectionPanel";
import { useModel } from "../model";
import { About } from "./About";
import { Acts } from "./Acts";
import { AnalysisStatus } from "./AnalysisStatus";
import { FactList } from "./FactList";
import { NotAnalyzed } from "./NotAnalyzed";
import { Warnings } from "./Warnings";

interface Props {
  /** Told of what an answer says of an analysis. */
  onAnalysis: (analysis: Analysis) => void;
}

/** What is known of the recording and its analysis, and what to know before trusting it. */
export function Facts({ onAnalysis }: Props) {
  const { recording } = useModel();
  const panel = useSignal<"analyze" | "edit" | null>(null);
  const opener = useRef<Element | null>(null);
  const open = (next: "analyze" | "edit") => {
    opener.current = document.activeElement;
    panel.value = next;
  };
  const close = () => {
    panel.value = null;
    if (opener.current instanceof HTMLElement) opener.current.focus();
  };
  const show = (begun: readonly Analysis[]) => {
    for (const each of begun) {
      onAnalysis(each);
      setQuery({ analysis: each.id, taxon: null }, { replace: false });
    }
  };
  return (
    <header class="facts">
      <div class="title">
        <h1>{recording.value.filename}</h1>
        <Acts onPanel={open} />
      </div>
      <FactList />
      {panel.value === "analyze" && <AnalyzeAgain recordings={[recording.value]} onClose={close} onBegun={show} />}
      {panel.value === "edit" && <CorrectionPanel recordings={[recording.value]} list={null} onClose={close} />}
      {panel.value !== null && <ClosedByEscape onClose={close} />}
      <AnalysisStatus onAnalysis={onAnalysis} />
      <NotAnalyzed />
      <Warnings />
      <About />
    </header>
  );
}

/** While a panel is open, Esc closes it and leaves what is selected. */
function ClosedByEscape({ onClose }: { onClose: () => void }) {
  useShortcuts([{ key: "Escape", does: "Close the panel", run: onClose }]);
  return null;
}
