import "./events.css";

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";

import { useModel } from "../model";
import { Cutting } from "./cutting";

/** The threshold at which all events are cut anew, at once. */
export function ThresholdSlider() {
  const model = useModel();
  const cutting = useSignal<Cutting | null>(null);
  useEffect(() => {
    const made = new Cutting(model);
    cutting.value = made;
    return () => made.close();
  }, [model]);
  return null;
}
