import { DownloadMenu } from "./DownloadMenu";

/** What can be done with the recording. */
export function Acts() {
  return (
    <div class="acts">
      <DownloadMenu />
    </div>
  );
}
