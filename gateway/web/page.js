// The local page: shows /status.json, again and again. Whatever comes is shown as text, never as markup.

import { askNow, fetched, heard, keepAsking, served_ms, tick } from "./fresh.js";
import { FLEET_STATES, HEADLINES, QUALITIES, QUANTITIES, SENTENCES, SOURCE_STATES, UNITS, VERDICTS } from "./page_words.js";
import { span } from "./times.js";

const LANGUAGES = { "zh-CN": "中文", en: "English" };
const STALE_S = 180;
// Without an order of the browser for one of them: English, as more people read it.
const preferred = () => (navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en");

let language = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("language"), preferred()].find((code) => code in LANGUAGES);
let last = null;
// The test that was stored and has not arrived yet: boot and seq of its event, and when it was stored, at the latest, by the gateway's clock.
let tested = null;
// What is said of the last press of the button.
let verdict = null;
const unfolded = new Set();

const byId = (id) => document.getElementById(id);
const named = (table, key) => (table[key] || [key, key])[language === "en" ? 1 : 0];
const word = (key, fields = {}) => Object.entries(fields).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, () => value), named(SENTENCES, key));

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// Counted on and coloured by fresh.js.
function aged(age_s, limits) {
  if (age_s === null || age_s === undefined) return element("small", word("never"));
  const made = element("small");
  made.dataset.ageS = age_s;
  if (limits) [made.dataset.doubtS, made.dataset.badS] = limits;
  return made;
}

// As disks are sold: 1 GB is 10^9 bytes.
function size(bytes) {
  const step = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, unit]) => bytes >= unit) || ["B", 1];
  return `${Number((bytes / step[1]).toPrecision(3))} ${step[0]}`;
}

function tile(key, value, mark, ...beside) {
  const made = element("li", undefined, `tile ${mark}`);
  const line = element("span");
  line.append(...beside);
  made.append(element("span", word(key)), element("b", value), line);
  return made;
}

function links(status) {
  const backlog = status.backlog || {};
  const oldest_s = backlog.oldest_age_s ?? null;
  const state = status.fleet ? status.fleet.state : "unknown";
  const { age_s, doubt_s, bad_s } = status.fleet_answer;
  const late = age_s !== null && age_s >= doubt_s ? (age_s >= bad_s ? "bad" : "doubt") : "good";
  const mark = { answers: late, unknown: "", busy: "doubt" }[state] ?? "bad";
  const heard_s = Math.min(...Object.values(status.nodes || {}).map((node) => node.heard_age_s ?? Infinity));
  const urgent = (backlog.lanes || {}).urgent ?? 0;
  return [
    tile("fleet", named(FLEET_STATES, state), mark, `${word("last_answer")} `, aged(age_s, [doubt_s, bad_s])),
    tile("broker", word(status.broker_connected ? "connected" : "away"), status.broker_connected ? "good" : "bad", `${word("last_message")} `, aged(heard_s === Infinity ? null : heard_s)),
    tile("waiting", String(backlog.waiting ?? "?"), oldest_s > STALE_S ? "bad" : oldest_s > doubt_s ? "doubt" : "good", oldest_s === null ? "" : word("oldest", { span: span(oldest_s) })),
    tile("urgent", String(urgent), urgent ? "doubt" : "good"),
  ];
}

function states(status) {
  const misfits = (status.desired_misfits || []).length;
  const clock_ms = status.clock ? status.clock.error_ms : null;
  const on = Object.entries(status.outputs || {}).map(([name, pattern]) => `${name} ${word(pattern ? "on" : "off")}`);
  const version = [status.desired_version ?? word("none"), status.desired_on_trial && word("trial"), misfits && word("misfits", { count: misfits })];
  return [
    ["settings", version.filter(Boolean).join(" · "), status.desired_version && !misfits ? "" : "doubt"],
    ["clock", clock_ms === null ? "?" : clock_ms < 2000 ? `${clock_ms} ms` : span(clock_ms / 1000), clock_ms !== null && clock_ms <= 5000 ? "" : "doubt"],
    ["buffer", `${size((status.backlog || {}).bytes ?? 0)} / ${size(status.budget_bytes)}`, ""],
    ["outputs", on.join(", ") || word("none"), ""],
    ["uptime", status.started_ms ? span((status.at_ms - status.started_ms) / 1000) : "?", ""],
  ].flatMap(([key, value, mark]) => [element("dt", word(key)), element("dd", value, mark)]).reduce(pairs, []);
}

// A term and its description in one box of the grid.
function pairs(boxes, part) {
  if (part.tagName === "DT") boxes.push(element("div"));
  boxes.at(-1).append(part);
  return boxes;
}

const unit = (row) => UNITS[row.unit] ?? row.unit;
// Of two of one kind the slot tells which it is, as on the chart of the fleet.
function sensor(row, values) {
  if (!row.part) return word("sensor", { slot: row.slot });
  return values.some((other) => other.part === row.part && other.slot !== row.slot) ? `${row.part} · ${row.slot}` : row.part;
}

function alarm(one, status) {
  const made = element("li");
  const values = [...((status.values || {})[one.node] || []), ...(one.node === status.gateway ? status.own_values || [] : [])];
  const row = values.find((value) => value.quantity === one.quantity && (one.slot < 0 || value.slot === one.slot));
  const shown = one.data_missing ? word("no_data") : row && row.shown !== null ? `${word("now")} ${row.shown} ${unit(row)}` : "";
  const about = [one.node || word("site"), one.quantity && named(QUANTITIES, one.quantity), shown].filter(Boolean).join(" · ");
  const since = element("time");
  since.dataset.ms = one.since_ms;
  made.append(element("b", one.rule), ` ${about} · ${word("since")} `, since);
  return made;
}

// Of the quantity that people look for first and that is there, one of each sensor.
function headlines(values) {
  const made = element("div", undefined, "headlines");
  const keys = HEADLINES.find((group) => values.some((row) => group.includes(row.quantity))) || [];
  for (const row of values.filter((value) => keys.includes(value.quantity))) {
    const box = element("div");
    const big = element("b", row.shown ?? "—", row.quality === "ok" ? "" : "doubt");
    if (row.shown !== null) big.append(" ", element("small", unit(row)));
    box.append(element("span", `${named(QUANTITIES, row.quantity)} · ${sensor(row, values)}`), big);
    if (row.quality !== "ok") box.append(element("span", named(QUALITIES, row.quality), "chip doubt"));
    made.append(box);
  }
  return made;
}

function table(values) {
  const made = element("table");
  for (const row of values) {
    const line = element("tr");
    const about = element("td", named(QUANTITIES, row.quantity));
    about.append(" ", element("small", sensor(row, values)));
    const quality = element("td", undefined, "quality");
    if (row.quality !== "ok") quality.append(element("span", named(QUALITIES, row.quality), "chip doubt"));
    line.append(about, element("td", row.shown ?? "—", "number"), element("td", row.shown === null ? "" : unit(row), "unit"), quality);
    made.append(line);
  }
  return made;
}

function card(name, chip, reason, values) {
  const made = element("section", undefined, "panel card");
  const head = element("header");
  head.append(element("h2", name), chip);
  made.append(head);
  if (reason) made.append(element("p", reason, "doubt"));
  if (!values || !values.length) return made;
  const folded = element("details");
  folded.open = unfolded.has(name);
  folded.addEventListener("toggle", () => (folded.open ? unfolded.add(name) : unfolded.delete(name)));
  folded.append(element("summary", word("all_values", { count: values.length })), table(values));
  made.append(headlines(values), folded);
  return made;
}

function node(name, state, status) {
  const values = (status.values || {})[name];
  const chip = element("span", state.gone ? word("gone") : undefined, `chip ${state.gone || state.report_age_s === null ? "bad" : "good"}`);
  if (!state.gone) chip.append(aged(state.report_age_s, (status.limits_s || {})[name]));
  return card(name, chip, values ? (values.length ? "" : word("no_sensors")) : word("no_report"), values);
}

// Of many nodes those that need a visit are seen without scrolling; the others stay in the order of their names.
function troubleFirst(status) {
  const rank = ([name, { gone, report_age_s }]) => {
    const [doubt_s, bad_s] = (status.limits_s || {})[name] || [Infinity, Infinity];
    return gone || report_age_s === null ? 0 : report_age_s >= bad_s ? 1 : report_age_s >= doubt_s ? 2 : 3;
  };
  return Object.entries(status.nodes || {}).sort((one, other) => rank(one) - rank(other));
}

// What the gateway reads itself; a line of nodes and a receiver have no values here.
function instrument(name, source, status) {
  const chip = element("span", named(SOURCE_STATES, source.state), `chip ${source.state === "running" ? "good" : "bad"}`);
  const slots = (source.instruments || []).map(([slot]) => slot);
  return card(name, chip, source.reason, (status.own_values || []).filter((row) => slots.includes(row.slot)));
}

function errors(status) {
  const lines = (status.errors || []).map((error) => {
    const made = element("li");
    const at = element("time");
    at.dataset.ms = error.at_ms;
    made.append(at, ` ${error.place}${error.times > 1 ? ` (×${error.times})` : ""}: ${error.text}`);
    return made;
  });
  return lines.length ? lines : [element("li", word("none"), "good")];
}

function languages() {
  return Object.entries(LANGUAGES).map(([code, name]) => {
    const made = element("button", name);
    made.type = "button";
    made.lang = code;
    if (code === language) made.setAttribute("aria-current", "true");
    made.addEventListener("click", () => choose(code));
    return made;
  });
}

function words() {
  document.documentElement.lang = language;
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = word(place.dataset.text);
  byId("stale").dataset.message = word("stale");
  byId("languages").replaceChildren(...languages());
  showVerdict();
}

function show(status) {
  document.title = `${status.gateway || "?"} · airgrid`;
  for (const place of document.querySelectorAll(".shown")) place.hidden = false;
  byId("loading").hidden = true;
  byId("gateway").textContent = status.gateway || "";
  byId("fleet").href = status.fleet_url;
  byId("alarms").replaceChildren(...(status.alarms || []).map((one) => alarm(one, status)));
  byId("links").replaceChildren(...links(status));
  byId("states").replaceChildren(...states(status));
  const cards = troubleFirst(status).map(([name, state]) => node(name, state, status));
  const instruments = Object.entries(status.sources || {}).map(([name, source]) => instrument(name, source, status));
  byId("nodes").replaceChildren(...(cards.length + instruments.length ? [...cards, ...instruments] : [element("p", word("no_nodes"), "soft")]));
  byId("errors").replaceChildren(...errors(status));
  const outputs = Object.keys(status.outputs || {}).join(", ");
  byId("alarm_hint").textContent = word(outputs ? "test_with" : "test_without", { outputs, seconds: status.alarm_test_s });
  follow(status);
}

// What became of the event of this very test. A gateway that has restarted since does not list it any more.
function follow(status) {
  if (tested === null || status.at_ms <= tested.at_ms) return;
  const one = (status.alarm_tests || []).find((test) => test.boot === tested.boot && test.seq === tested.seq);
  const result = one ? one.state : "forgotten";
  if (result === "waiting") return;
  tested = null;
  conclude(result, { reason: result === "refused" ? one.reason : "" }, result === "arrived" ? "good" : "bad");
}

function conclude(result, fields, mark) {
  verdict = { result, fields, mark };
  showVerdict();
}

// In the language of the page, also after it was changed.
function showVerdict() {
  if (!verdict) return;
  const { reason, wait_s } = verdict.fields;
  byId("verdict").textContent = named(VERDICTS, verdict.result) + (reason || (wait_s ? span(wait_s) : ""));
  byId("verdict").className = verdict.mark;
}

async function ask(signal) {
  const answer = await fetched("/status.json", signal);
  last = await answer.json();
  show(last);
  heard(last.at_ms, served_ms(answer));
}

function choose(code) {
  language = code;
  localStorage.setItem("language", code);
  const address = new URL(location);
  address.searchParams.set("lang", code);
  history.replaceState(null, "", address);
  words();
  if (last) show(last);
  tick();
}

byId("alarm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = JSON.stringify({ pin: byId("pin").value });
  byId("pin").value = "";
  try {
    const answer = await fetch("/alarm-test", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    const { result, reason, wait_s, boot, seq } = await answer.json();
    tested = result === "sent" ? { boot, seq, at_ms: served_ms(answer) + 1000 } : null;
    conclude(result, { reason, wait_s: result === "locked" ? wait_s : 0 }, result === "sent" ? "" : "bad");
    askNow();
  } catch {
    conclude("offline", {}, "bad");
  }
});

words();
keepAsking(ask);
