import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";

import { may } from "../../api/session";
import { complain } from "../../app/notices";
import { navigate, path } from "../../app/router";
import { addFiles } from "./batch";
import { droppedFiles } from "./sending/collect";
import { loadSendingEarly } from "./sending/load_sending";

/** The whole window takes files, whatever view is shown; while they hang over it, it says so. */
export function DropTarget() {
  const isOver = useSignal(false);
  useLayoutEffect(() => watchDrops((over) => (isOver.value = over)), []);
  useEffect(loadSendingEarly, []);
  if (!isOver.value) return null;
  return (
    <div class="drop-overlay">
      <p>{may("upload") ? "Drop to add these recordings" : "Your key may not upload"}</p>
    </div>
  );
}

function watchDrops(setOver: (over: boolean) => void): () => void {
  const over = (event: DragEvent) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = may("upload") ? "copy" : "none";
    setOver(true);
  };
  // Also fired between the elements of the page: only at the window's edge is there no element that is entered.
  const leave = (event: DragEvent) => event.relatedTarget === null && setOver(false);
  const drop = (event: DragEvent) => {
    setOver(false);
    if (!hasFiles(event) || event.dataTransfer === null) return;
    event.preventDefault();
    if (may("upload")) void take(event.dataTransfer).catch(complain);
  };
  const listeners = { dragenter: over, dragover: over, dragleave: leave, drop };
  for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
  return () => {
    for (const [name, listener] of Object.entries(listeners))
      window.removeEventListener(name, listener as EventListener);
  };
}

function hasFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") === true;
}

async function take(transfer: DataTransfer): Promise<void> {
  const { found, unreadable } = await droppedFiles(transfer);
  if (path.value !== "/") navigate("/");
  addFiles(found, unreadable);
}
