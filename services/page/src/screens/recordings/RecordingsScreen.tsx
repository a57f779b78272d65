import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { fetchJson, withQuery } from "../../api/client";
import type { Paged, Recording } from "../../api/types";
import { complain } from "../../app/notices";
import { query } from "../../app/router";
import { DropZone } from "../upload/DropZone";

/** All recordings, newest first: what is being done with them, and what was heard. */
export function RecordingsScreen() {
  const page = useSignal<Paged<Recording> | null>(null);
  const asked = query.value.toString();
  useEffect(() => {
    fetchJson<Paged<Recording>>(withQuery("/v1/recordings", Object.fromEntries(new URLSearchParams(asked))))
      .then((found) => (page.value = found))
      .catch(complain);
  }, [asked]);
  return (
    <>
      <h1>Recordings</h1>
      <DropZone />
      <ul role="list">
        {page.value?.items.map((each) => (
          <li key={each.id}>
            <a href={`/recordings/${each.id}`}>{each.filename}</a>
          </li>
        ))}
      </ul>
    </>
  );
}
