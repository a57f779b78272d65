import { useModel } from "../model";
import { exportLink, FORMATS } from "./exports";

/** The events of the table as files for other programs. */
export function ExportLinks({ taxon }: { taxon: number | null }) {
  const model = useModel();
  return (
    <p class="exports">
      Save as
      {FORMATS.map(([format, name]) => (
        <a key={format} download href={exportLink(model, format, taxon)}>
          {name}
        </a>
      ))}
    </p>
  );
}
