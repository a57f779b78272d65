import { toldSites, unasked } from "../batch";
import { change, fields } from "../fields";

/** Whose word the site is, where the files tell one by their names or folders. */
export function ToldSite() {
  const told = toldSites.value ?? [];
  const { site, siteBy } = fields.value;
  const [first] = told;
  if (first === undefined) return null;
  const them = unasked.value.length === 1 ? "The file’s name or folder tells" : "The files’ names or folders tell";
  if (told.length > 1) {
    return (
      <p class="soft">{`The files name ${told.length} sites (${sayFirst(told)}), and one site is stored with all of them: upload each by itself, or leave it open and edit sites later.`}</p>
    );
  }
  if (isSame(site, first)) {
    return siteBy === "names" ? <p class="soft">{`${them} this site: change it if it is another.`}</p> : null;
  }
  return (
    <p class="soft">
      {`${them} “${first}”.`}{" "}
      <button class="quiet" type="button" onClick={() => change({ site: first, siteBy: "names" })}>
        Use it
      </button>
    </p>
  );
}

const MOST_NAMED = 3;

function sayFirst(told: readonly string[]): string {
  return told.slice(0, MOST_NAMED).join(", ") + (told.length > MOST_NAMED ? ", …" : "");
}

function isSame(site: string, other: string): boolean {
  return site.trim().toLowerCase() === other.toLowerCase();
}
