import { Help } from "./Help";
import { isHelpOpen } from "./key_help";
import { useShortcuts } from "./shortcuts";

/** Opens and closes the help on the keyboard, as the key `?` does. */
export function HelpButton() {
  const toggle = () => (isHelpOpen.value = !isHelpOpen.value);
  useShortcuts([{ key: "?", does: "This help", run: toggle, once: true }]);
  return (
    <>
      <button class="quiet" type="button" aria-expanded={isHelpOpen.value} title="Keyboard help (?)" onClick={toggle}>
        Keyboard help
      </button>
      {isHelpOpen.value && <Help />}
    </>
  );
}
