/** Takes back what was written in a field, before anything was sent. */
export function Leave({ onLeave }: { onLeave: () => void }) {
  return (
    <button type="button" class="quiet small" onClick={onLeave}>
      Leave it as it is
    </button>
  );
}
