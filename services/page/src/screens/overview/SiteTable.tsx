import type { Overview } from "../../api/types";
import { query } from "../../app/router";
import { formatHours } from "./columns";

/** How long somebody listened at each site, and what was heard there; a name narrows to it. */
export function SiteTable({ overview, chosen }: { overview: Overview; chosen: string | null }) {
  const sites = overview.by_site;
  if (sites.length === 0 || (sites.length === 1 && chosen !== null)) return null;
  return (
    <section class="sites" aria-labelledby="sites-title">
      <h2 id="sites-title">Sites</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col" class="number">
              Listened
            </th>
            <th scope="col" class="number">
              Detections
            </th>
            <th scope="col" class="number">
              Taxa
            </th>
          </tr>
        </thead>
        <tbody>
          {sites.map(({ site, hours, detections, richness }) => (
            <tr key={site ?? ""}>
              <th scope="row">{site === null ? "Without a site" : <a href={linkTo(site)}>{site}</a>}</th>
              <td class="number">{formatHours(hours)}</td>
              <td class="number">{detections?.toLocaleString("en") ?? "–"}</td>
              <td class="number">{richness ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function linkTo(site: string): string {
  const next = new URLSearchParams(query.value);
  next.set("site", site);
  return `?${next.toString()}`;
}
