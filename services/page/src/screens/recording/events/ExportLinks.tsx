import { useModel } from "../model";
import { exportLink, exportName, FORMATS, sayNothingToSave } from "./exports";

/** The events of the table as files for other programs. */
export function ExportLinks({ taxon }: { taxon: number | null }) {
  const model = useModel();
  const nothing = sayNothingToSave(model, taxon);
  if (nothing !== null) return <p class="exports soft">{nothing}</p>;
  return (
    <p class="exports">
      Save as
      {FORMATS.map(([format, name]) => (
        <ExportLink
          key={format}
          name={name}
          link={exportLink(model, format, taxon)}
          file={exportName(model, format, taxon)}
        />
      ))}
    </p>
  );
}

function ExportLink({ name, link, file }: { name: string; link: string | null; file: string }) {
  if (link === null) return null;
  return (
    <a download={file} href={link}>
      {name}
    </a>
  );
}
