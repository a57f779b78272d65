import type { ComponentChildren } from "preact";

import { may, type Scope } from "../../../api/session";
import { ScopedButton, whyNot } from "../../../app/ScopedButton";
import { countOf } from "../words";
import type { Selection } from "./selection";

export type Panel = "correct" | "analyze" | null;

interface Props {
  selection: Selection;
  panel: Panel;
  onPanel: (panel: Panel) => void;
  onDelete: () => void;
}

/** What can be done with the selected recordings. */
export function SelectionBar({ selection, panel, onPanel, onDelete }: Props) {
  const count = selection.rows.value.length;
  const lacking = (["upload", "admin"] as const).filter((each) => !may(each));
  return (
    <div class="selection" role="toolbar" aria-label="Selected recordings">
      <strong>{count.toLocaleString("en")} selected</strong>
      <PanelButton
        scope="upload"
        isOpen={panel === "correct"}
        onClick={() => onPanel(panel === "correct" ? null : "correct")}
      >
        Edit site, place, start
      </PanelButton>
      <PanelButton
        scope="upload"
        isOpen={panel === "analyze"}
        onClick={() => onPanel(panel === "analyze" ? null : "analyze")}
      >
        Analyze again…
      </PanelButton>
      <ScopedButton scope="admin" onClick={onDelete}>
        Delete {countOf(count, "recording")}
      </ScopedButton>
      <button type="button" class="quiet" onClick={() => selection.clear()}>
        Clear selection
      </button>
      {lacking.length > 0 && <span class="soft">{whyNot(lacking[0] ?? "admin")}</span>}
    </div>
  );
}

interface ButtonProps {
  scope: Scope;
  isOpen: boolean;
  onClick: () => void;
  children: ComponentChildren;
}

function PanelButton({ scope, isOpen, onClick, children }: ButtonProps) {
  return (
    <ScopedButton scope={scope} aria-expanded={isOpen} onClick={onClick}>
      {children}
    </ScopedButton>
  );
}
