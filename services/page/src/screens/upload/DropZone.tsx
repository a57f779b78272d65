import "./upload.css";

import { may } from "../../api/session";
import { addFiles, isSheetOpen, items } from "./batch";
import { GoingOn } from "./GoingOn";
import { LeftOutNote } from "./LeftOutNote";
import { chosenFiles } from "./sending/collect";
import { UploadSheet } from "./sheet/UploadSheet";

/** Where files are chosen; the whole window takes them when they are dropped (`DropTarget`). */
export function DropZone() {
  if (!may("upload")) {
    return (
      <p class="say drop-zone">
        <span>
          Your key may look and listen, but not upload. Sign in with a key that has the scope <b>upload</b>.
        </span>
      </p>
    );
  }
  return (
    <>
      <div class="drop-zone">
        <span>Drop recordings, or a folder of them, anywhere on this page.</span>
        <FileChoice label="Choose files" />
        <FileChoice label="Choose a folder" isFolder />
      </div>
      <LeftOutNote />
      {items.value.length > 0 && (isSheetOpen.value ? <UploadSheet /> : <GoingOn />)}
    </>
  );
}

function FileChoice({ label, isFolder = false }: { label: string; isFolder?: boolean }) {
  return (
    <label class="button">
      {label}
      <input
        class="hidden-visually"
        type="file"
        multiple
        ref={(input) => {
          if (input !== null) input.webkitdirectory = isFolder;
        }}
        onChange={(event) => {
          addFiles(chosenFiles(event.currentTarget.files));
          event.currentTarget.value = ""; // so that the same file can be chosen again
        }}
      />
    </label>
  );
}
