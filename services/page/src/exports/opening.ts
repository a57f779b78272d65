/** Opens the sheet with what is exported: the filters of the view that it was opened from. */
import { signal } from "@preact/signals";

export const REVIEWED = ["confirmed", "identified", "rejected", "uncertain", "any", "none"] as const;
export type Reviewed = (typeof REVIEWED)[number];

export interface ExportFilters {
  site: string | null;
  taxon: string | null;
  /** Days; both are meant. */
  from: string | null;
  to: string | null;
  min_confidence: string | null;
  pack: string | null;
  reviewed: Reviewed | null;
  /** Whether saved thresholds decide what counts. */
  isThresholded: boolean;
  /** Whether human voices are left out. */
  hidesVoices: boolean;
}

export const NO_FILTERS: ExportFilters = {
  site: null,
  taxon: null,
  from: null,
  to: null,
  min_confidence: null,
  pack: null,
  reviewed: null,
  isThresholded: false,
  hidesVoices: false,
};

/** What the open sheet exports; null: it is closed. */
export const asked = signal<ExportFilters | null>(null);
let opener: Element | null = null;

/** Open the sheet with the filters of a view; those that it does not have are none. */
export function openExport(filters: Partial<ExportFilters>): void {
  opener = document.activeElement;
  asked.value = { ...NO_FILTERS, ...filters };
}

export function closeExport(): void {
  asked.value = null;
  if (opener instanceof HTMLElement) opener.focus();
}
