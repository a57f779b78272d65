/** The threshold at which all events are cut anew, at once. */
export function ThresholdSlider() {
  return null;
}
