/** The same events as a table, for those who read rather than look. */
export function EventTable() {
  return null;
}
