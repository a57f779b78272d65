import { fetchJson } from "../../../api/client";
import type { Analysis } from "../../../api/types";
import { useOneAtATime } from "../../../app/one_at_a_time";
import { ScopedButton } from "../../../app/ScopedButton";
import type { Row } from "../listing/row";
import { aheadOf } from "../states/queue";
import { sayFailure, sayState, sayWarnings, shareDone } from "./state_words";

/** How far the analysis is, what went wrong with it, what to know before trusting it. Changes while it runs. */
export function StateCell({ row }: { row: Row }) {
  const active = row.active.value;
  const finished = row.counted.value ?? row.without.value;
  const shown = active ?? finished;
  const later = active === null && row.without.value !== finished ? row.without.value : null;
  return (
    <td class="state">
      {shown === null ? "Not analyzed" : <OneState row={row} analysis={shown} />}
      {later !== null && <OneState row={row} analysis={later} />}
      {row.facts.value.audio_removed_at !== null && (
        <div class="soft" title="Its results stay; what is in the archive can be uploaded again.">
          Audio removed
        </div>
      )}
    </td>
  );
}

function OneState({ row, analysis }: { row: Row; analysis: Analysis }) {
  const { mark, text, detail, left } = sayState(analysis);
  const isLater = analysis === row.without.value && row.counted.value !== null;
  const ahead = analysis.state === "queued" ? aheadOf(analysis.id) : null;
  const failure = sayFailure(analysis);
  return (
    <>
      <div class="line">
        <span class={`mark ${mark}`} aria-hidden="true" />
        <span>
          {isLater ? `Again with ${analysis.pack.name}: ${text.toLowerCase()}` : text}
          {detail !== null && <span class="soft number"> {detail}</span>}
          {ahead !== null && ahead > 0 && <span class="soft"> behind {ahead}</span>}
        </span>
        {analysis.retryable && analysis.terminal && <Retry row={row} analysis={analysis} />}
      </div>
      {analysis.state === "running" && (
        <progress aria-label={`Analyzed of ${row.facts.value.filename}`} max={1} value={shareDone(analysis)} />
      )}
      {left != null && <div class="soft number">{left}</div>}
      {failure !== null && (
        <div class="failure" title={failure}>
          {failure}
        </div>
      )}
      {sayWarnings(analysis).map(({ word, detail: whole }) => (
        <span key={word} class="warning" title={whole}>
          {word}
        </span>
      ))}
    </>
  );
}

function Retry({ row, analysis }: { row: Row; analysis: Analysis }) {
  const once = useOneAtATime();
  const retry = async () =>
    row.update(await fetchJson<Analysis>(`/v1/analyses/${analysis.id}/retry`, { method: "POST" }));
  return (
    <ScopedButton
      class="small"
      scope="upload"
      unless={row.facts.value.audio_removed_at === null ? null : "Its audio was removed: upload the file again."}
      isBusy={once.isBusy.value}
      aria-label={`Retry ${row.facts.value.filename}`}
      onClick={() => void once.run(retry)}
    >
      Retry
    </ScopedButton>
  );
}
