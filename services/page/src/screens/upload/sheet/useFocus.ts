import { useLayoutEffect, useRef } from "preact/hooks";

import { isTyping } from "../../../app/key_names";

/** The focus goes to the sheet's heading when it opens, unless somebody writes, and back where it was when it closes. */
export function useFocus() {
  const sheet = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useLayoutEffect(() => {
    const [shown, opener] = [sheet.current, document.activeElement];
    if (!isTyping(opener)) heading.current?.focus();
    return () => {
      if (shown?.contains(document.activeElement) !== true) return;
      const isThere = opener instanceof HTMLElement && opener.isConnected && opener !== document.body;
      (isThere ? opener : document.getElementById("main"))?.focus({ preventScroll: true });
    };
  }, []);
  return { sheet, heading };
}
