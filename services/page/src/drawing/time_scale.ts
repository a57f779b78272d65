/** Where times lie in a plot: the same for the overview, the spectrogram, the axis and the lanes, so that they line up. */

export interface TimeScale {
  readonly start_s: number;
  readonly span_s: number;
  /** Of the plot, in CSS pixels; times from its left edge to its right one. */
  readonly width: number;
  /** Where a time lies, in CSS pixels from the plot's left edge; beyond it where it is not shown. */
  toX: (time_s: number) => number;
  /** Which time lies there. */
  toSeconds: (x: number) => number;
}

/** Return the scale of a stretch that fills a plot of this width. */
export function timeScale(start_s: number, span_s: number, width: number): TimeScale {
  return {
    start_s,
    span_s,
    width,
    toX: (time_s) => ((time_s - start_s) / span_s) * width,
    toSeconds: (x) => start_s + (x / width) * span_s,
  };
}

/** Return a line's place such that a line of one pixel is sharp: in the middle of a pixel. */
export function sharp(x: number): number {
  return Math.floor(x) + 0.5;
}
