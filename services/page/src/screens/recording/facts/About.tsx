import { useModel } from "../model";
import { formatMoment, formatSize, nameAnalysis } from "./words";

/** Where the result comes from, for those who cite it. */
export function About() {
  const { recording, analysis } = useModel();
  const [{ format, size_bytes, sha256, created_at }, made] = [recording.value, analysis.value];
  return (
    <details class="about">
      <summary>About this recording and its analysis</summary>
      <dl>
        <dt>File</dt>
        <dd>
          {format}, {formatSize(size_bytes)}, uploaded {formatMoment(created_at)}
        </dd>
        <dt>SHA-256</dt>
        <dd class="digest">{sha256}</dd>
        {made !== null && (
          <>
            <dt>Analysis</dt>
            <dd>
              {nameAnalysis(made)}
              {made.finished_at !== null && `, finished ${formatMoment(made.finished_at)}`}; scores below{" "}
              {made.settings.floor} were not kept
            </dd>
            <dt>Model</dt>
            <dd>
              {made.pack.attribution ?? "not known"}; licence {made.pack.license ?? "not known"}
            </dd>
          </>
        )}
      </dl>
    </details>
  );
}
