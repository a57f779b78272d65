/** Small signs beside the words of buttons. */
export function PlayIcon() {
  return (
    <svg class="icon" viewBox="0 0 12 12" aria-hidden="true">
      <path d="M2.5 1 11 6 2.5 11z" />
    </svg>
  );
}

export function PauseIcon() {
  return (
    <svg class="icon" viewBox="0 0 12 12" aria-hidden="true">
      <path d="M2 1h3v10H2zM7 1h3v10H7z" />
    </svg>
  );
}

export function LoopIcon() {
  return (
    <svg class="icon line" viewBox="0 0 12 12" aria-hidden="true">
      <path d="M10.5 6A4.5 4.5 0 1 1 9 2.7M9.2.4v2.6H6.6" />
    </svg>
  );
}
