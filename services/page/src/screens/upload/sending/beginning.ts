/** Enough of a file for the service to read the header of most. */
export const BEGINNING_BYTES = 1 << 20;
