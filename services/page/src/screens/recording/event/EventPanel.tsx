/** The event that is looked at: its taxon, times and scores. */
export function EventPanel() {
  return null;
}
