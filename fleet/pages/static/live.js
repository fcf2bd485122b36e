// A page of the fleet: asks for its own parts and for its chart, again and again. What is shown stands in the address. Decides nothing
// about data.

import { Chart } from "./chart.js";
import { askNow, fetched, heard, keepAsking, served_ms } from "./fresh.js";
import { GridMap } from "./map.js";
import { zone } from "./times.js";

// Of a node's own page, its chart; else of the nodes that are listed, as soon as they were chosen.
const MOST_LINES = 24;
const CHOOSING = ["q", "state", "site", "gateway", "area", "page"];
// Stay when another part of the district is shown.
const KEPT = ["quantity", "span", "from", "to", "map", "hour"];

const filter = document.getElementById("filter");
const choice = document.getElementById("chart-choice");
const chart = choice && new Chart(document.getElementById("chart"), document.getElementById("chart-note"));

const mapChoice = document.getElementById("map-choice");
const map = mapChoice && new GridMap(document.getElementById("map"));

const answer_at_ms = () => Number(document.getElementById("answer").dataset.atMs);
const wished = () => new URLSearchParams(location.search);

// Each part in the place of the one with its id, unless it is the same: a list that is open stays open. The focus stays where it is.
function replace(text) {
  const parts = document.createElement("template");
  parts.innerHTML = text;
  const focused = document.activeElement && document.activeElement.id;
  for (const part of parts.content.querySelectorAll("[data-part]")) {
    const old = document.getElementById(part.id);
    if (!old.isEqualNode(part)) old.replaceWith(part);
  }
  document.getElementById("answer").dataset.atMs = parts.content.getElementById("answer").dataset.atMs;
  if (focused && document.activeElement.id !== focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function chartQuestion() {
  const asked = new URLSearchParams();
  const { node, site } = document.getElementById("answer").dataset;
  if (site) return siteQuestion();
  const chosen = CHOOSING.some((name) => wished().get(name));
  const shown = chosen ? [...document.querySelectorAll("tr[id^='node-']")].map((row) => row.id.slice(5)) : [];
  if (chosen && !shown.length) return null;
  for (const name of node ? [node] : shown.slice(0, MOST_LINES)) asked.append("node", name);
  for (const name of ["quantity", "span"]) asked.set(name, choice.elements[name].value);
  if (choice.elements.span.value !== "own") return asked;
  const [from_ms, to_ms] = ["from", "to"].map((name) => Date.parse(choice.elements[name].value));
  if (!(from_ms < to_ms)) return null;
  asked.set("from_ms", String(from_ms));
  asked.set("to_ms", String(to_ms));
  return asked;
}

function siteQuestion() {
  const asked = new URLSearchParams();
  for (const name of ["quantity", "span", "with"]) asked.set(name, choice.elements[name].value);
  return asked;
}

async function ask(signal) {
  const address = `/live${location.pathname === "/" ? "/overview" : location.pathname}${location.search}`;
  const answer = await fetched(address, signal);
  const text = await answer.text();
  replace(text);
  heard(answer_at_ms(), served_ms(answer));
  if (map) await drawMap(signal);
  if (!choice) return;
  const question = choice.elements.quantity.value && chartQuestion();
  if (question) await drawChart(question, signal);
  else chart.clear();
}

// A chart that cannot be had is greyed by itself: what the rest of the page shows is new all the same.
async function drawChart(question, signal) {
  const panel = document.getElementById("chart-panel");
  try {
    const line = await fetched(`${document.getElementById("chart").dataset.source}?${question}`, signal);
    chart.draw(await line.json());
    panel.classList.remove("old");
  } catch {
    panel.classList.add("old");
  }
}

// As a chart that cannot be had.
async function drawMap(signal) {
  const panel = document.getElementById("map-panel");
  const { hour, map: what } = mapChoice.elements;
  hour.disabled = what.value === "health";
  hour.setAttribute("aria-valuetext", document.getElementById("map-time")?.textContent.trim() ?? "");
  const question = new URLSearchParams();
  for (const name of ["map", "level", "hour", "area"]) if (wished().get(name)) question.set(name, wished().get(name));
  try {
    const values = await fetched(`/live/map/values.json?${question}`, signal);
    await map.draw(await values.json(), wished().get("area") ?? "", async () => (await fetched("/live/map/areas.json", signal)).json());
    panel.classList.remove("old");
  } catch {
    panel.classList.add("old");
  }
}

// What forms say, into the address, without what is as usual; then everything is asked for anew.
function remember(form) {
  const address = new URL(location);
  for (const [name, value] of new FormData(form)) {
    if (value && value !== form.elements[name].dataset.usual) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  if (form === filter) address.searchParams.delete("page");
  if (form === mapChoice) address.searchParams.delete("cells");
  history.replaceState(null, "", address);
  for (const link of document.querySelectorAll(".languages a")) {
    const other = new URL(location);
    other.searchParams.set("lang", link.lang);
    link.href = other.search;
  }
  askNow();
}

// A link to another view of the district keeps what chart and map show.
function keepChoices(event) {
  const link = event.target.closest('a[href^="/?"]');
  if (!link) return;
  const address = new URL(link.href);
  for (const name of KEPT) {
    if (wished().get(name) && !address.searchParams.has(name)) address.searchParams.set(name, wished().get(name));
  }
  link.href = address.href;
}

function choose() {
  const own = document.getElementById("own-span");
  if (own) own.hidden = choice.elements.span.value !== "own";
  remember(choice);
}

for (const name of ["from", "to"]) if (choice?.elements[name] && wished().get(name)) choice.elements[name].value = wished().get(name);
for (const form of [filter, choice, mapChoice]) form?.addEventListener("submit", (event) => event.preventDefault());
filter?.addEventListener("input", () => remember(filter));
choice?.addEventListener("change", choose);
mapChoice?.addEventListener("input", () => remember(mapChoice));
document.addEventListener("click", keepChoices);
document.querySelector("[data-zone]").textContent = document.querySelector("[data-zone]").dataset.zone.replace("{zone}", zone(Date.now()));
heard(answer_at_ms(), 0);
keepAsking(ask);
