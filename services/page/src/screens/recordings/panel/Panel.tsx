import "./panel.css";

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

interface Props {
  /** Its class, and the id of its heading. */
  name: string;
  title: string | undefined;
  children: ComponentChildren;
}

/** A form beside the list, or above a recording: nothing of what is behind it is covered. */
export function Panel({ name, title, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => heading.current?.focus(), []);
  return (
    <section class={`panel ${name}`} aria-labelledby={name}>
      <h2 id={name} tabIndex={-1} ref={heading}>
        {title}
      </h2>
      {children}
    </section>
  );
}

interface ButtonProps {
  /** As "Change 3 recordings". */
  send: string;
  /** What is being done, as "Changing…"; null: nothing is. */
  busy: string | null;
  /** Whether there is nothing to send. */
  isIdle: boolean;
  onClose: () => void;
}

/** What sends the form, what closes the panel, and whether something is on its way. */
export function PanelButtons({ send, busy, isIdle, onClose }: ButtonProps) {
  return (
    <div class="buttons">
      <button class="primary" type="submit" disabled={isIdle} aria-disabled={busy !== null}>
        {send}
      </button>
      <button type="button" onClick={onClose}>
        Close
      </button>
      {/* Behind the buttons: did they move, a second click would close the panel. */}
      <span role="status" class="soft">
        {busy}
      </span>
    </div>
  );
}
