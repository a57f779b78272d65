import { expect, test } from "vitest";

import { lightStretches, solarPosition, sunElevation } from "./twilight";

const BERLIN = { latitude: 52.52, longitude: 13.405 };
const TROMSO = { latitude: 69.65, longitude: 18.96 };
const DAY_S = 86_400;
const MINUTE_S = 60;

/** When the light changes, as times of the day in UTC. */
function changes(start: string, place: { latitude: number; longitude: number }): [string, string][] {
  return lightStretches(start, DAY_S, place).map(({ light, start_s }) => [
    light,
    new Date(Date.parse(start) + start_s * 1000).toISOString().slice(11, 19),
  ]);
}

test("the sun's position is that of Meeus's examples", () => {
  // Example 25.a: 1992 October 13, 0 h TD, apparent declination −7.78507°; example 28.a: E = +13 m 42.6 s.
  const { declination, equationOfTime } = solarPosition(Date.UTC(1992, 9, 13));
  expect(declination).toBeCloseTo(-7.78507, 3);
  expect(equationOfTime).toBeCloseTo(13 + 42.6 / 60, 1);
});

// By PyEphem 4.2.1, which uses VSOP87 and not these formulas.
test.each([
  ["2026-05-03T02:31:07Z", -8.4591],
  ["2026-12-21T11:00:00Z", 14.0347],
  ["1999-08-11T10:30:00Z", 51.9069],
  ["2026-06-20T23:00:00Z", -14.0244],
])("over Berlin at %s the sun stands at %f°", (at, elevation) => {
  expect(sunElevation(Date.parse(at), BERLIN.latitude, BERLIN.longitude)).toBeCloseTo(elevation, 1);
});

test.each([
  ["2026-05-03T00:00:00+02:00", BERLIN, ["02:51:33", "03:31:23", "18:36:14", "19:16:20"]],
  [
    "2026-01-01T00:00:00+11:00",
    { latitude: -33.87, longitude: 151.21 },
    ["18:18:30", "18:47:31", "09:09:23", "09:38:22"],
  ],
  [
    "2026-03-20T00:00:00-05:00",
    { latitude: -0.18, longitude: -78.47 },
    ["10:57:20", "11:18:00", "23:24:30", "23:45:10"],
  ],
])("the day from %s has dawn, sunrise, sunset and dusk as PyEphem has them", (start, place, known) => {
  const found = changes(start, place);
  expect(found.map(([light]) => light)).toEqual(["night", "twilight", "day", "twilight", "night"]);
  const seconds = (time: string) => Date.parse(`2026-01-01T${time}Z`) / 1000;
  for (const [at, time] of known.entries()) {
    expect(Math.abs(seconds(found[at + 1]?.[1] ?? "") - seconds(time))).toBeLessThan(MINUTE_S);
  }
});

test("where the sun does not set it is day, and where it does not rise there is twilight at noon", () => {
  expect(changes("2026-06-21T00:00:00+02:00", TROMSO)).toEqual([["day", "22:00:00"]]);
  const december = changes("2026-12-21T00:00:00+01:00", TROMSO);
  expect(december.map(([light]) => light)).toEqual(["night", "twilight", "night"]);
  const pole = { latitude: 89.9, longitude: 0 };
  expect(changes("2026-12-21T00:00:00Z", pole)).toEqual([["night", "00:00:00"]]);
});

test("a white night has twilight alone", () => {
  const helsinki = changes("2026-06-21T12:00:00+03:00", { latitude: 60.17, longitude: 24.94 });
  expect(helsinki.map(([light]) => light)).toContain("twilight");
});

test("a start that is no time has no light", () => {
  expect(lightStretches("yesterday", 60, BERLIN)).toEqual([]);
});
