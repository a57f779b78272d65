/** A lane for each taxon, over the stretch that is shown. */
export function LaneView() {
  return null;
}
