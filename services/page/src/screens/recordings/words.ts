/** Numbers with their nouns. */

/** Return `1 recording`, `24 recordings`, `1,200 recordings`. */
export function countOf(number: number, noun: string): string {
  const ending = /(ch|sh|s|x)$/.test(noun) ? "es" : "s";
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : ending}`;
}
