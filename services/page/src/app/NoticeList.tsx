import { dismiss, notices, undoLatest } from "./notices";
import { useShortcuts } from "./shortcuts";

const UNDO = [{ key: "z", does: "Undo what was done last", run: () => void undoLatest() }];

/** What was just done or went wrong; read aloud by screen readers. */
export function NoticeList() {
  useShortcuts(UNDO);
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class="notice" role={notice.kind === "error" ? "alert" : undefined}>
          <span>{notice.text}</span>
          {notice.undo !== null && (
            <button
              type="button"
              onClick={() => {
                dismiss(notice.id);
                notice.undo?.();
              }}
            >
              Undo
            </button>
          )}
          {notice.kind === "error" && (
            <button type="button" onClick={() => dismiss(notice.id)}>
              Dismiss
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
