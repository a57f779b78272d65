/**
 * When it is day, twilight and night, from where the sun stands: the formulas of NOAA's solar calculator
 * (gml.noaa.gov/grad/solcalc/calcdetails.html), which are those of J. Meeus, Astronomical Algorithms, 2nd ed., ch. 25 and 28.
 */

/** `twilight` is civil twilight: the sun is at most 6° below the horizon. */
export type Light = "day" | "twilight" | "night";

export interface LightStretch {
  light: Light;
  /** Seconds from the recording's start. */
  start_s: number;
  end_s: number;
}

/** The sun's upper edge at the horizon, with the refraction that is usual there. */
export const SUNRISE_DEG = -0.833;
export const CIVIL_DEG = -6;
/** Fine enough that no night is missed where the sun goes under for minutes, near the polar circle. */
const STEP_S = 300;
const DAY_MS = 86_400_000;
const J2000_MS = Date.UTC(2000, 0, 1, 12);

const sin = (degrees: number) => Math.sin((degrees * Math.PI) / 180);
const cos = (degrees: number) => Math.cos((degrees * Math.PI) / 180);
const toDegrees = (radians: number) => (radians * 180) / Math.PI;

/** Return the sun's apparent declination in degrees, and the equation of time in minutes. */
export function solarPosition(at_ms: number): { declination: number; equationOfTime: number } {
  const century = (at_ms - J2000_MS) / DAY_MS / 36_525;
  const longitude = 280.46646 + century * (36_000.76983 + century * 0.0003032);
  const anomaly = 357.52911 + century * (35_999.05029 - century * 0.0001537);
  const eccentricity = 0.016708634 - century * (0.000042037 + century * 0.0000001267);
  const center =
    sin(anomaly) * (1.914602 - century * (0.004817 + century * 0.000014)) +
    sin(2 * anomaly) * (0.019993 - century * 0.000101) +
    sin(3 * anomaly) * 0.000289;
  const node = 125.04 - 1934.136 * century;
  const apparent = longitude + center - 0.00569 - 0.00478 * sin(node);
  const arcseconds = 21.448 - century * (46.815 + century * (0.00059 - century * 0.001813));
  const obliquity = 23 + (26 + arcseconds / 60) / 60 + 0.00256 * cos(node);
  const y = Math.tan((obliquity * Math.PI) / 360) ** 2;
  const radians =
    y * sin(2 * longitude) -
    2 * eccentricity * sin(anomaly) +
    4 * eccentricity * y * sin(anomaly) * cos(2 * longitude) -
    0.5 * y * y * sin(4 * longitude) -
    1.25 * eccentricity * eccentricity * sin(2 * anomaly);
  return { declination: toDegrees(Math.asin(sin(obliquity) * sin(apparent))), equationOfTime: 4 * toDegrees(radians) };
}

/** Return how many degrees the sun's center stands above the horizon, without refraction. */
export function sunElevation(at_ms: number, latitude: number, longitude: number): number {
  const { declination, equationOfTime } = solarPosition(at_ms);
  const minutes = (at_ms / 60_000) % 1440;
  const hourAngle = (minutes + equationOfTime + 4 * longitude) / 4 - 180;
  return toDegrees(Math.asin(sin(latitude) * sin(declination) + cos(latitude) * cos(declination) * cos(hourAngle)));
}

/** Return day, twilight and night one after the other over a recording; none where its start is no time. */
export function lightStretches(
  start: string,
  duration_s: number,
  place: { latitude: number; longitude: number },
): LightStretch[] {
  const start_ms = Date.parse(start);
  if (Number.isNaN(start_ms)) return [];
  const lightAt = (time_s: number) => lightOf(sunElevation(start_ms + time_s * 1000, place.latitude, place.longitude));
  const found: LightStretch[] = [{ light: lightAt(0), start_s: 0, end_s: duration_s }];
  for (let from_s = 0; from_s < duration_s; from_s += STEP_S) {
    const to_s = Math.min(from_s + STEP_S, duration_s);
    const last = found.at(-1);
    if (last === undefined || lightAt(to_s) === last.light) continue;
    last.end_s = findChange(lightAt, from_s, to_s);
    found.push({ light: lightAt(to_s), start_s: last.end_s, end_s: duration_s });
  }
  return found;
}

function lightOf(elevation: number): Light {
  if (elevation >= SUNRISE_DEG) return "day";
  return elevation >= CIVIL_DEG ? "twilight" : "night";
}

/** Return to the second when the light is no longer that of the beginning. */
function findChange(lightAt: (time_s: number) => Light, from_s: number, to_s: number): number {
  const before = lightAt(from_s);
  let [low, high] = [from_s, to_s];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (lightAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
