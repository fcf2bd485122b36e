// The chart of the last hour: asks for the chosen quantity every few seconds and redraws. Decides nothing about data.
"use strict";

const REFRESH_MS = 3000;
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

async function refresh() {
  if (document.visibilityState === "hidden" || !choice.value) return;
  const asked = choice.value;
  try {
    const answer = await fetch(`${holder.dataset.source}?quantity=${encodeURIComponent(asked)}`);
    if (answer.ok && asked === choice.value) draw(await answer.json());
  } catch {
    // The service restarts or the network is away: the next round asks again; the last picture stays.
  }
}

choice.addEventListener("change", refresh);
window.addEventListener("resize", () => chart && chart.setSize({ width: holder.clientWidth, height: HEIGHT }));
document.addEventListener("visibilitychange", refresh);
setInterval(refresh, REFRESH_MS);
refresh();
