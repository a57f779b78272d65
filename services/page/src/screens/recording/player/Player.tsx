/** Plays what is shown or selected. */
export function Player() {
  return null;
}
