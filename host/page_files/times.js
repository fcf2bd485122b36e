// How moments and lengths of time are written on the pages: in the browser's zone, which is named, and in the language of the page.

const UNITS = [[120, 1, "second"], [7200, 60, "minute"], [172800, 3600, "hour"], [Infinity, 86400, "day"]];

const language = () => document.documentElement.lang;
const two = (number) => String(number).padStart(2, "0");

function largest(seconds) {
  const [, length_s, unit] = UNITS.find(([below_s]) => seconds < below_s);
  return [Math.floor(seconds / length_s), unit];
}

// A length of time in its largest whole unit.
export function span(seconds) {
  const [count, unit] = largest(Math.max(0, seconds));
  return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "short", useGrouping: false }).format(count);
}

export function ago(seconds) {
  const [count, unit] = largest(Math.max(0, seconds));
  return new Intl.RelativeTimeFormat(language(), { style: "narrow" }).format(-count, unit);
}

// "UTC+8", "UTC-3:30": of the browser at that moment.
export function zone(utc_ms) {
  const minutes = -new Date(utc_ms).getTimezoneOffset();
  const rest = Math.abs(minutes) % 60;
  return `UTC${minutes < 0 ? "-" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${two(rest)}` : ""}`;
}

export function day(utc_ms) {
  const at = new Date(utc_ms);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

export function clock(utc_ms) {
  const at = new Date(utc_ms);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

// "14:03:22 UTC+8"; with its day where that is not today.
export function moment(utc_ms, now_ms = Date.now()) {
  const today = day(utc_ms) === day(now_ms);
  return `${today ? "" : `${day(utc_ms)} `}${clock(utc_ms)} ${zone(utc_ms)}`;
}
