// The live page: asks for its parts and for the chart of the chosen quantity, again and again, and shows both. Decides nothing about data.

import { askNow, fetched, heard, keepAsking, served_ms } from "./fresh.js";

const HEIGHT = 280;
const LINES = ["#0b7f7f", "#d9822b", "#6b5bd2", "#c2447a", "#3f8f3f", "#8a6d3b", "#2f74c0", "#b04a3a"];

const holder = document.getElementById("chart");
const choice = document.getElementById("quantity");
let chart = null;
let drawn = "";

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function options(data) {
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
  const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hour12: false });
  return {
    width: holder.clientWidth,
    height: HEIGHT,
    scales: { x: { time: true, range: () => [data.from_s, data.to_s] } },
    axes: [
      { ...axis, values: (_, ticks) => ticks.map((s) => clock.format(s * 1000)) },
      { ...axis, label: data.unit, labelSize: 22, size: 54 },
    ],
    series: [
      { label: data.time_label, value: (_, s) => (s == null ? "" : time.format(s * 1000)) },
      ...data.lines.map((line, i) => ({
        label: line.label,
        stroke: LINES[i % LINES.length],
        width: 2,
        points: { size: 4 },
        value: (_, v) => (v == null ? "" : `${v} ${data.unit}`),
      })),
    ],
  };
}

function draw(data) {
  const points = [data.times, ...data.lines.map((line) => line.values)];
  if (!data.times.length) {
    discard();
    holder.innerHTML = "";
    const nothing = document.createElement("p");
    nothing.className = "nothing";
    nothing.textContent = holder.dataset.waiting;
    holder.append(nothing);
    return;
  }
  const shape = [data.quantity, ...data.lines.map((line) => line.label)].join("\n");
  if (chart && shape === drawn) {
    window_s = [data.from_s, data.to_s];
    chart.setData(points, false);
    chart.setScale("x", { min: data.from_s, max: data.to_s });
    return;
  }
  discard();
  holder.innerHTML = "";
  drawn = shape;
  window_s = [data.from_s, data.to_s];
  const shown = options(data);
  shown.scales.x.range = () => window_s;
  chart = new uPlot(shown, points, holder);
}

let window_s = [0, 1];

function discard() {
  if (chart) chart.destroy();
  chart = null;
  drawn = "";
}

// Each part of the answer in the place of the one with its id.
function replace(text) {
  const parts = document.createElement("template");
  parts.innerHTML = text;
  const focused = document.activeElement && document.activeElement.id;
  for (const part of [...parts.content.children]) document.getElementById(part.id).replaceWith(part);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

const at_ms = () => Number(document.getElementById("answer").dataset.atMs);

async function ask(signal) {
  const answer = await fetched("/live/overview", signal);
  replace(await answer.text());
  heard(at_ms(), served_ms(answer));
  if (!choice.value) return;
  const asked = choice.value;
  const line = await fetched(`${holder.dataset.source}?quantity=${encodeURIComponent(asked)}`, signal);
  const data = await line.json();
  if (asked === choice.value) draw(data);
}

choice.addEventListener("change", askNow);
window.addEventListener("resize", () => chart && chart.setSize({ width: holder.clientWidth, height: HEIGHT }));
heard(at_ms(), 0);
keepAsking(ask);
