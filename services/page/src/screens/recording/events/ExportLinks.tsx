import { FORMATS_OF_ONE } from "../../../exports/formats";
import { useModel } from "../model";
import { exportLink, sayNothingToSave } from "./exports";

/** The events of the table as files for other programs. */
export function ExportLinks({ taxon }: { taxon: number | null }) {
  const model = useModel();
  const nothing = sayNothingToSave(model, taxon);
  if (nothing !== null) return <p class="exports soft">{nothing}</p>;
  return (
    <p class="exports">
      Save as
      {FORMATS_OF_ONE.map(({ id, name }) => (
        <ExportLink key={id} name={name} link={exportLink(model, id, taxon)} />
      ))}
    </p>
  );
}

function ExportLink({ name, link }: { name: string; link: string | null }) {
  if (link === null) return null;
  return (
    <a download href={link}>
      {name}
    </a>
  );
}
