// Asks the service one question after the other, and says how old its last answer is: ages count on, and when no new answer comes the page
// is marked as out of date. Knows nothing of what is asked.
//
// An answer is new when its own time is another than that of the one before; its age counts from that time on. So neither a service that
// stands still nor a stored answer looks fresh, and the clocks of browser and service need not agree.

import { ago, moment } from "./times.js";

const EVERY_MS = 2000;
const LIMIT_MS = 6000;
const LONGEST_PAUSE_MS = 15000;
// A service may give the same answer to all for some seconds; once a question has failed, less is needed to call it out of date.
const STALE_MS = 12000;
const STALE_FAILED_MS = 4000;
const TICK_MS = 1000;

let newest_ms = null;
let lag_ms = 0;
let since = stopwatch();
let current = null;
let failed = false;
let hurried = false;
let wake = () => {};

// Whichever clock saw more of the time that passed: one may have slept with the machine, the other may have been set.
function stopwatch() {
  const steady = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

const age_ms = () => lag_ms + since();

// at_ms: the time of which the answer tells, served_ms: when it was given, both by the service's clock.
export function heard(at_ms, served_ms) {
  if (at_ms !== newest_ms) {
    newest_ms = at_ms;
    lag_ms = Math.max(0, served_ms - at_ms);
    since = stopwatch();
  }
  tick();
}

// Ages and the mark of the page, as they are now. data-age-s: at the time of the answer; data-doubt-s, data-bad-s: from when on the tile or
// chip around it is coloured so.
export function tick() {
  const elapsed_s = age_ms() / 1000;
  for (const place of document.querySelectorAll("[data-age-s]")) {
    const age_s = Number(place.dataset.ageS) + elapsed_s;
    place.textContent = ago(age_s);
    if (!place.dataset.badS) continue;
    const around = place.closest(".tile, .chip") || place;
    if (age_s >= Number(place.dataset.badS)) mark(around, "bad");
    else if (age_s >= Number(place.dataset.doubtS)) mark(around, "doubt");
  }
  for (const place of document.querySelectorAll("time[data-ms]")) place.textContent = moment(Number(place.dataset.ms));
  const stale = age_ms() > (failed ? STALE_FAILED_MS : STALE_MS);
  const banner = document.getElementById("stale");
  document.body.classList.toggle("stale", stale);
  if (stale) banner.textContent = banner.dataset.message.replace("{time}", moment(Date.now() - age_ms()));
  banner.hidden = !stale;
}

// Only ever for the worse: an answer that makes it better brings its own colours.
function mark(place, name) {
  if (place.classList.contains("bad")) return;
  place.classList.remove("good", "doubt");
  place.classList.add(name);
}

// At once, in the place of the question that is under way.
export function askNow() {
  hurried = true;
  if (current) current.abort();
  wake();
}

// For ever. ask(signal): one question, which raises when there is no answer: the page says so by its age, and asks again.
export async function keepAsking(ask) {
  setInterval(tick, TICK_MS);
  window.addEventListener("online", askNow);
  document.addEventListener("visibilitychange", () => document.hidden || askNow());
  let pause_ms = EVERY_MS;
  for (;;) {
    hurried = false;
    if (!document.hidden) pause_ms = await pauseAfter(ask, pause_ms);
    tick();
    if (!hurried) await pause(pause_ms);
  }
}

// How long to wait after this question: longer each time while there is no answer, and no shorter than the service asks for.
async function pauseAfter(ask, before_ms) {
  current = new AbortController();
  const limit = setTimeout(() => current.abort(), LIMIT_MS);
  try {
    await ask(current.signal);
    failed = false;
    return EVERY_MS;
  } catch (error) {
    failed = !hurried;
    return Math.min(Math.max(2 * before_ms, 1000 * (error.retry_after_s || 0)), LONGEST_PAUSE_MS);
  } finally {
    clearTimeout(limit);
    current = null;
  }
}

function pause(length_ms) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, length_ms);
    wake = () => {
      clearTimeout(timer);
      resolve();
    };
  });
}

// Raises on another status than 2xx, with retry_after_s where the service names it.
export async function fetched(url, signal) {
  const answer = await fetch(url, { cache: "no-store", signal });
  if (answer.ok) return answer;
  throw Object.assign(new Error(`${url}: ${answer.status}`), { retry_after_s: Number(answer.headers.get("retry-after")) });
}

export const served_ms = (answer) => Date.parse(answer.headers.get("date")) || 0;
