/** The times of the visible stretch. */
export function TimeAxis() {
  return null;
}
