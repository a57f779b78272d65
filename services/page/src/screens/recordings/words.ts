/** Numbers with their nouns. */

/** Return `1 recording`, `24 recordings`, `1,200 recordings`. */
export function countOf(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}
