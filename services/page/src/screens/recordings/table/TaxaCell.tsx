import { hidesVoices } from "../../../app/preferences";
import type { Row } from "../listing/row";
import { isHumanVoice } from "../../recording/human_voices";

/** The taxa that were found most surely, the scientific name beside the common one; each leads to its lane. */
export function TaxaCell({ row }: { row: Row }) {
  const found = row.counted.value;
  if (found === null) return <td class="taxa" />;
  if (found.detections === 0) return <td class="taxa soft">Nothing found</td>;
  const shown = hidesVoices.value ? found.top_taxa.filter((each) => !isHumanVoice(each)) : found.top_taxa;
  return (
    <td class="taxa">
      <ul role="list">
        {shown.map((taxon) => (
          <li key={taxon.code} title={`${taxon.common_name}, ${taxon.scientific_name}: ${taxon.detections} events`}>
            <span class="number soft">{taxon.confidence.toFixed(2)}</span>
            <a class="names" href={`/recordings/${row.id}?taxon=${encodeURIComponent(taxon.code)}`}>
              {taxon.common_name}{" "}
              {taxon.common_name !== taxon.scientific_name && <i class="soft">{taxon.scientific_name}</i>}
            </a>
          </li>
        ))}
      </ul>
    </td>
  );
}
