/** Where a taxon has its page. */

type Narrowing = Partial<Record<"site" | "from" | "to" | "pack" | "reviewed", string | null>>;

/** Return its address, under the same site, days and pack; where people named taxa that no model heard, so does it. */
export function taxonLink({ scientific_name }: { scientific_name: string }, narrowing: Narrowing): string {
  const query = new URLSearchParams();
  for (const name of ["site", "from", "to", "pack"] as const) {
    const value = narrowing[name];
    if (value != null) query.set(name, value);
  }
  if (narrowing.reviewed === "identified") query.set("reviewed", narrowing.reviewed);
  const text = query.toString();
  return `/taxa/${encodeURIComponent(scientific_name)}${text === "" ? "" : `?${text}`}`;
}
