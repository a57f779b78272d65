/** Where windows and frames begin, rounded to the microsecond as the service rounds. */

const MICROSECONDS = 1e6;

/** Return number · step_s, rounded to the microsecond; exact halves go to the even one. */
export function roundPosition(number: number, step_s: number): number {
  const position_s = number * step_s;
  const position_us = position_s * MICROSECONDS;
  const beyond = Math.abs(position_us - Math.round(position_us));
  if (Math.abs(beyond - 0.5) >= 0.01) return Math.round(position_us) / MICROSECONDS;
  // Close to a half the product's own rounding decides: look at the double's exact value instead.
  return isHalf(position_s) ? evenHalf(position_us) / MICROSECONDS : Number(position_s.toFixed(6));
}

/**
 * Whether it lies exactly halfway between two microseconds: then s · 2·10⁶ = (128 s) · 15625 is an odd integer, and as
 * 15625 is odd and doubles are fractions of powers of two, 128 s is one too. Multiplying by 128 is exact.
 */
function isHalf(position_s: number): boolean {
  return Math.abs((position_s * 128) % 2) === 1;
}

function evenHalf(position_us: number): number {
  const below = Math.floor(position_us);
  return below % 2 === 0 ? below : below + 1;
}
