/** Which files are meant: those that were chosen, and those in the folders that were dropped. */

export interface Found {
  file: File;
  /** The folders above it within what was dropped, as `CARD1/DATA`; empty for a file dropped alone. */
  folder: string;
}

/** What recorders and sound editors write and the service decodes (`AUDIO_SUFFIXES` of `chorus submit`). */
const AUDIO =
  /\.(wav|wave|bwf|w64|rf64|flac|aiff?|aifc|au|caf|wv|mp[23]|og[ga]|opus|m4[ab]|mp4|aac|web[ma]|mka|wma|amr)$/i;
/** What operating systems hide, and what they leave behind in folders. */
const JUNK = /^(\..*|thumbs\.db|ehthumbs\.db|desktop\.ini)$/i;
const JUNK_FOLDER = /^(\..*|__macosx|@eadir|#recycle|\$recycle\.bin|system volume information|lost\+found)$/i;

/** Part what may be sound from what is not; what an operating system left behind is not worth a word. */
export function sortOut(found: readonly Found[]): { audio: Found[]; others: Found[] } {
  const wanted = found.filter(
    ({ file, folder }) => !JUNK.test(file.name) && !folder.split("/").some((each) => JUNK_FOLDER.test(each)),
  );
  return {
    audio: wanted.filter(({ file }) => AUDIO.test(file.name)),
    others: wanted.filter(({ file }) => !AUDIO.test(file.name)),
  };
}

/** Return what an `<input type=file>` holds; one for folders tells the paths. */
export function chosenFiles(files: FileList | null): Found[] {
  return [...(files ?? [])].map((file) => ({ file, folder: parentOf(file.webkitRelativePath) }));
}

export interface Dropped {
  found: Found[];
  /** Paths of files and folders that the browser could not read. */
  unreadable: string[];
}

/** Return all files of a drop, folders with all that is in them. To be called while the event is handled. */
export async function droppedFiles(transfer: Pick<DataTransfer, "items">): Promise<Dropped> {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
  const dropped: Dropped = { found: [], unreadable: [] };
  for (const entry of entries) {
    if (entry instanceof File) dropped.found.push({ file: entry, folder: "" });
    else if (entry !== null) await addBelow(entry, dropped);
  }
  return dropped;
}

/** What cannot be read takes nothing else with it. */
async function addBelow(entry: FileSystemEntry, dropped: Dropped): Promise<void> {
  const path = entry.fullPath.slice(1);
  try {
    if (isFile(entry)) dropped.found.push({ file: await readFile(entry), folder: parentOf(path) });
    if (!isFolder(entry) || JUNK_FOLDER.test(entry.name)) return;
    for (const each of await readFolder(entry)) await addBelow(each, dropped);
  } catch {
    dropped.unreadable.push(path);
  }
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

const readFile = (entry: FileSystemFileEntry) => new Promise<File>((resolve, reject) => entry.file(resolve, reject));

/** Return all entries in the order of their names: browsers hand out at most a hundred at a time, in any order. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    all.push(...some);
  }
  return all.sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}

function parentOf(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}
