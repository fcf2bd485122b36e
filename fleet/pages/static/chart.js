// Lines over time, by uPlot: which lines, and of which span, is said by the answer.

import { clock, day, zone } from "./times.js";

const LINES = ["#0b7f7f", "#d9822b", "#6b5bd2", "#c2447a", "#3f8f3f", "#8a6d3b", "#2f74c0", "#b04a3a"];
// After each round of colours the lines are drawn in another way.
const DASHES = [undefined, [8, 4], [2, 3]];
const DAY_S = 86400;
const LEAST_S = 60;
// Room for the longest text of a tick, a time with its seconds.
const TICK_PX = 76;
const LONG = 2.5;

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export class Chart {
  constructor(holder, note) {
    this.holder = holder;
    this.note = note;
    this.plot = null;
    this.shape = "";
    this.span_s = [0, 1];
    window.addEventListener("resize", () => this.plot && this.plot.setSize(this.size()));
  }

  size() {
    return { width: this.holder.clientWidth, height: this.holder.clientWidth < 500 ? 220 : 280 };
  }

  draw(data) {
    const { most, cut } = this.note.dataset;
    const notes = [];
    if (data.all_nodes > data.shown_nodes) notes.push(most.replace("{shown}", data.shown_nodes).replace("{all}", data.all_nodes));
    if (data.is_cut) notes.push(cut.replace("{days}", Math.round(data.longest_s / DAY_S)));
    this.note.textContent = notes.join(" · ");
    if (!data.times.length) {
      this.clear();
      return;
    }
    this.span_s = fitted(data);
    const points = [data.times, ...data.lines.map((line) => (data.has_gaps ? line.values : joined(data.times, line.values)))];
    const shape = [data.quantity, ...data.lines.map((line) => line.label)].join("\n");
    if (this.plot && shape === this.shape) {
      this.plot.setData(points, false);
      this.plot.setScale("x", { min: this.span_s[0], max: this.span_s[1] });
      return;
    }
    this.clear();
    this.holder.replaceChildren();
    this.shape = shape;
    this.plot = new uPlot(this.options(data), points, this.holder);
  }

  clear() {
    if (!this.plot && this.holder.querySelector(".nothing")) return;
    if (this.plot) this.plot.destroy();
    this.plot = null;
    this.shape = "";
    const nothing = document.createElement("p");
    nothing.className = "nothing";
    nothing.textContent = this.holder.dataset.waiting;
    this.holder.replaceChildren(nothing);
  }

  options(data) {
    const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
    return {
      ...this.size(),
      padding: [null, TICK_PX / 2, null, null],
      scales: { x: { time: true, range: () => this.span_s }, y: { range: (_, low, high) => around(low, high) } },
      axes: [
        { ...axis, space: this.holder.clientWidth < 500 ? TICK_PX * 0.75 : TICK_PX, values: (_, ticks) => ticks.map((s, i) => tick(s, ticks[i - 1], ticks[1] - ticks[0])) },
        { ...axis, label: data.unit, labelSize: data.unit ? 22 : 0, size: (_, values) => room(values) },
      ],
      series: [
        { label: `${this.holder.dataset.time} (${zone(Date.now())})`, value: (_, s) => (s == null ? "" : `${day(s * 1000)} ${clock(s * 1000)}`) },
        ...data.lines.map((line, i) => ({
          label: line.label,
          stroke: LINES[i % LINES.length],
          dash: DASHES[Math.floor(i / LINES.length) % DASHES.length],
          width: 2,
          points: { size: 4 },
          value: (_, v) => (v == null ? "" : `${v.toFixed(data.decimals)} ${data.unit}`),
        })),
      ],
    };
  }
}

// null, where the line has a hole; undefined, where only another line has a point. A hole is longer than LONG of its usual distances.
function joined(times, values) {
  const own = values.flatMap((value, i) => (value === null ? [] : [i]));
  const distances = own.slice(1).map((i, k) => times[i] - times[own[k]]);
  const usual = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)];
  const shown = values.map((value) => value ?? undefined);
  own.slice(1).forEach((i, k) => {
    if (distances[k] > LONG * usual) shown.fill(null, own[k] + 1, i);
  });
  return shown;
}

// From the first reading on, where the record is shorter than the span that was asked for.
function fitted(data) {
  const first_s = Math.max(data.from_s, data.times[0]);
  return first_s - data.from_s < LEAST_S ? [data.from_s, data.to_s] : [Math.min(first_s, data.to_s - LEAST_S), data.to_s];
}

// A flat line is not at the edge.
function around(low, high) {
  if (low == null) return [0, 1];
  const room = Math.max((high - low) * 0.1, Math.abs(high) * 0.02, 0.1);
  return [low >= 0 ? Math.max(0, low - room) : low - room, high + room];
}

// The day where it changes, and the seconds only where ticks are that close.
function tick(s, before_s, distance_s) {
  const at = clock(s * 1000);
  if (distance_s >= DAY_S / 2) return day(s * 1000).slice(5);
  const short = distance_s < 60 ? at : at.slice(0, 5);
  return before_s != null && day(before_s * 1000) !== day(s * 1000) ? `${short}\n${day(s * 1000).slice(5)}` : short;
}

// Wide enough for the longest number.
function room(values) {
  const longest = Math.max(0, ...(values || []).map((value) => String(value ?? "").length));
  return 20 + 8 * longest;
}
