import type { Signal } from "@preact/signals";
import { useId } from "preact/hooks";

interface Props<T extends string> {
  legend: string;
  chosen: Signal<T>;
  /** What can be chosen, in order, and how it is called. */
  options: Record<T, string>;
}

/** One of a few, side by side. */
export function Choice<T extends string>({ legend, chosen, options }: Props<T>) {
  const name = useId();
  return (
    <fieldset class="choice">
      <legend>{legend}</legend>
      {(Object.keys(options) as T[]).map((each) => (
        <label key={each}>
          <input type="radio" name={name} checked={chosen.value === each} onChange={() => (chosen.value = each)} />
          {options[each]}
        </label>
      ))}
    </fieldset>
  );
}
