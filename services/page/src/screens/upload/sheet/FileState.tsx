import type { Item } from "../item";

/** How far a file is, in a word or two. */
export function FileState({ item }: { item: Item }) {
  const state = item.state.value;
  switch (state.at) {
    case "waiting":
      return <>Waiting</>;
    case "sending":
      return <Bar item={item} />;
    case "held up":
      return <span class="warned">Held up</span>;
    case "here":
      return <>{item.order.value === null ? "Sent" : "Sent, next in line"}</>;
    case "making":
      return <>Being made</>;
    case "unclear hour":
      return <span class="warned">Which hour?</span>;
    case "made":
      return (
        <>
          Made <Open item={item} recordingId={state.recordingId} />
        </>
      );
    case "known":
      return (
        <>
          Was there already <Open item={item} recordingId={state.recordingId} />
        </>
      );
    case "twice":
      return <>Twice in this list</>;
    case "not audio":
      return <span class="refused">Not audio</span>;
    case "failed":
      return <span class="refused">Failed</span>;
  }
}

function Open({ item, recordingId }: { item: Item; recordingId: string }) {
  return (
    <a href={`/recordings/${recordingId}`} aria-describedby={`upload-${item.id}`}>
      Open
    </a>
  );
}

function Bar({ item }: { item: Item }) {
  return (
    <progress aria-label={`Sent of ${item.file.name}`} value={item.sentBytes.value} max={Math.max(item.file.size, 1)} />
  );
}
