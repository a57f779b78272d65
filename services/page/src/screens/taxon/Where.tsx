import type { HeardTaxon, Overview } from "../../api/types";
import { formatHours, formatValue } from "../overview/columns";
import { taxonLink } from "./taxon_link";
import type { Filters } from "../overview/filters";

/** At which sites it was heard, and how long somebody listened at each. */
export function Where({ overview, taxon, filters }: { overview: Overview; taxon: HeardTaxon; filters: Filters }) {
  return (
    <section aria-labelledby="where-title">
      <h2 id="where-title">Sites</h2>
      {filters.site !== null && (
        <p>
          <a href={taxonLink(taxon, { ...filters, site: null })}>All sites</a>
        </p>
      )}
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">Site</th>
            <th scope="col" class="number">
              Detections
            </th>
            <th scope="col" class="number">
              Listened
            </th>
            <th scope="col" class="number">
              Per hour
            </th>
          </tr>
        </thead>
        <tbody>
          {overview.by_site.map(({ site, hours }, at) => {
            const heard = taxon.by_site[at] ?? null;
            const rate = heard === null || hours === null || hours === 0 ? null : heard / hours;
            return (
              <tr key={site ?? ""}>
                <th scope="row">
                  {site === null ? "Without a site" : <a href={taxonLink(taxon, { ...filters, site })}>{site}</a>}
                </th>
                <td class="number">{heard?.toLocaleString("en") ?? "–"}</td>
                <td class="number">{formatHours(hours)}</td>
                <td class="number">{rate === null ? "–" : formatValue(rate, true)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
