import "./facts.css";

import { useModel } from "../model";
import { About } from "./About";
import { Acts } from "./Acts";
import { AnalysisStatus } from "./AnalysisStatus";
import { FactList } from "./FactList";
import { NotAnalyzed } from "./NotAnalyzed";
import { Warnings } from "./Warnings";

/** What is known of the recording and its analysis, and what to know before trusting it. */
export function Facts() {
  const { recording } = useModel();
  return (
    <header class="facts">
      <div class="title">
        <h1>{recording.value.filename}</h1>
        <Acts />
      </div>
      <FactList />
      <AnalysisStatus />
      <NotAnalyzed />
      <Warnings />
      <About />
    </header>
  );
}
