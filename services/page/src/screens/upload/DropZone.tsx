/** Where files are dropped or chosen; the whole window takes them. */
export function DropZone() {
  return (
    <label class="drop-zone">
      Choose files
      <input type="file" multiple />
    </label>
  );
}
