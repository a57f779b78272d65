/** The whole recording as a strip, with the visible stretch as a brush. */
export function Overview() {
  return null;
}
