/** The site of a file as recorders and people write it: before the clock in its name, else the folder it lies in. */
import type { Item } from "./item";

/** A clock as the service reads it in names (`domain/clock/names.py`), behind a separator. */
const CLOCK = /[_ .-]+(?:\d{4}-\d\d-\d\d|\d{8})[T_$ -]?\d\d[:.-]?\d\d[:.-]?\d\d(?!\d)/;
/** Older Song Meters write the channels between prefix and clock. */
const CHANNELS = /[_ ]0\+1$/;
/** Of a folder: `marsh 2026`, `marsh_2026-05-03`. */
const DATE = /[_ .-]*(?:19|20)\d\d(?:[_.-]?\d\d){0,2}$/;
/** Serial numbers that AudioMoth and Song Meter write where nobody gave a prefix. */
const SERIAL = /^(?:[0-9A-F]{16}|[0-9A-Z]{3}\d{5})$/;
/** What recorders, cards, programs and people call things, not places. */
const NO_PLACE =
  /^(?:rec(?:ord(?:er|ings?)?)?s?|audio(?:moth)?s?|sounds?|song ?meter|sm\d\w*|wavs?|flacs?|files?|raw|data|dcim|\d{3}media|sd ?card|card|no name|untitled|new folder|uploads?|downloads?|desktop|documents|music|zoom|tascam|track|voice|memo)[ _-]*\d*$/i;
const MOST_LETTERS = 200;

/** Return the site that a file tells; null: none. */
export function siteOf(name: string, folder: string): string | null {
  const at = CLOCK.exec(name)?.index ?? 0;
  const prefix = placeIn(name.slice(0, at).replace(CHANNELS, ""));
  if (prefix !== null) return prefix;
  const folders = folder.split("/").reverse();
  return folders.map((each) => placeIn(each.replace(DATE, ""))).find((each) => each !== null) ?? null;
}

/** Return the sites that files tell, in their order; null: some tell none. */
export function sitesOf(items: readonly Pick<Item, "file" | "folder">[]): readonly string[] | null {
  const told = new Set<string>();
  for (const { file, folder } of items) {
    const site = siteOf(file.name, folder);
    if (site === null) return null;
    told.add(site);
  }
  return [...told];
}

function placeIn(text: string): string | null {
  const name = text.trim();
  const isPlace = /\p{L}{2}/u.test(name) && name.length <= MOST_LETTERS && !SERIAL.test(name) && !NO_PLACE.test(name);
  return isPlace ? name : null;
}
