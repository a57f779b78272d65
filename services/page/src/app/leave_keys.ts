/** Space plays after a click too: the button that was clicked does not keep it. One reached by keyboard does. */
export function leaveKeys({ detail, target }: MouseEvent): void {
  if (detail > 0) (target as Element).closest("button")?.blur();
}
