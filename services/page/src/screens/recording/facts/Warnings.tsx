import type { Warning } from "../../../api/types";
import { useModel } from "../model";
import { Stretch } from "./Stretch";
import { explainWarning, groupWarnings } from "./warning_words";

const MOST_STRETCHES = 4;

/** What to know before trusting the result: what was found, what it means and what to do. */
export function Warnings() {
  const analysis = useModel().analysis.value;
  if (analysis === null) return null;
  return groupWarnings(analysis.warnings).map(([code, found]) => (
    <section key={code} class="say warn warning">
      <div>
        <h2>{explainWarning(code, analysis.settings).title}</h2>
        <p>{explainWarning(code, analysis.settings).words || found[0]?.detail}</p>
        <Found found={found} />
      </div>
    </section>
  ));
}

function Found({ found }: { found: Warning[] }) {
  const listed = found.slice(0, MOST_STRETCHES);
  return (
    <ul role="list">
      {listed.map((each) => (
        <li key={`${each.start_s ?? ""} ${each.channel ?? ""}`}>
          {each.start_s !== null && each.end_s !== null && <Stretch start_s={each.start_s} end_s={each.end_s} />}{" "}
          <span class="soft">{each.detail}</span>
        </li>
      ))}
      {found.length > listed.length && (
        <li>
          <details>
            <summary>{found.length - listed.length} more</summary>
            <ul role="list">
              {found.slice(MOST_STRETCHES).map((each) => (
                <li key={`${each.start_s ?? ""} ${each.channel ?? ""}`}>
                  {each.start_s !== null && each.end_s !== null && (
                    <Stretch start_s={each.start_s} end_s={each.end_s} />
                  )}{" "}
                  <span class="soft">{each.detail}</span>
                </li>
              ))}
            </ul>
          </details>
        </li>
      )}
    </ul>
  );
}
