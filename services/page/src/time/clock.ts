/** Times and lengths as people read them. A recording's clock keeps its own offset: never the browser's time zone. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const START = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)$/;

export interface LocalTime {
  /** `2026-05-03` */
  date: string;
  /** `04:31:07`, with tenths where they were asked for. */
  time: string;
  /** `+02:00` */
  offset: string;
}

/** Return the time on the recorder's own clock, some seconds after the start; null where the start is not known. */
export function localTime(start: string | null, position_s = 0, decimals = 0): LocalTime | null {
  const found = start === null ? null : START.exec(start);
  if (!found) return null;
  const [, year, month, day, hour, minute, second, zone] = found;
  const whole = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  const shown = new Date(whole + Math.floor((Number(second) + position_s) * 1000 + 1e-6));
  const text = shown.toISOString();
  const time = decimals === 0 ? text.slice(11, 19) : text.slice(11, 20 + decimals);
  return { date: text.slice(0, 10), time, offset: zone === "Z" ? "+00:00" : (zone ?? "") };
}

/** Return a position as `1:02:03` or `2:03`, with `.4` where decimals are asked for. */
export function formatPosition(position_s: number, decimals = 0): string {
  const scale = 10 ** decimals;
  const steps = Math.floor(position_s * scale + 1e-6);
  const whole = Math.floor(steps / scale);
  const hours = Math.floor(whole / HOUR_S);
  const minutes = Math.floor((whole % HOUR_S) / MINUTE_S);
  const seconds = String(whole % MINUTE_S).padStart(2, "0");
  const fraction = decimals === 0 ? "" : `.${String(steps % scale).padStart(decimals, "0")}`;
  return hours > 0
    ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}${fraction}`
    : `${minutes}:${seconds}${fraction}`;
}

/** Return a length in words: `24 h`, `1 h 5 min`, `2 min 30 s`, `4.5 s`. */
export function formatLength(length_s: number): string {
  if (length_s < MINUTE_S) return `${Number(length_s.toFixed(1))} s`;
  const whole = Math.round(length_s);
  const [hours, minutes, seconds] = [
    Math.floor(whole / HOUR_S),
    Math.floor((whole % HOUR_S) / MINUTE_S),
    whole % MINUTE_S,
  ];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  return seconds > 0 ? `${minutes} min ${seconds} s` : `${minutes} min`;
}

const MONTHS = "January February March April May June July August September October November December".split(" ");

/** Return a date as `3 May 2026`, or `3 May` without its year. */
export function formatDay(date: string, hasYear = true): string {
  const [year, month, day] = date.split("-").map(Number);
  const name = `${day ?? ""} ${MONTHS[(month ?? 1) - 1] ?? ""}`;
  return hasYear ? `${name} ${year ?? ""}` : name;
}
