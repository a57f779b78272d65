import { isBusy, items } from "../batch";
import { formatBytes } from "../words";

/** How much of all is here. */
export function Progress() {
  if (!isBusy.value) return null;
  const total = items.value.reduce((sum, { file }) => sum + file.size, 0);
  const sent = items.value.reduce((sum, { sentBytes }) => sum + sentBytes.value, 0);
  return (
    <span class="progress">
      <progress aria-label="Sent of all files" value={sent} max={Math.max(total, 1)} />
      <span class="soft number">
        {sent < total ? `${formatBytes(sent)} of ${formatBytes(total)}` : `${formatBytes(total)} sent`}
      </span>
    </span>
  );
}
