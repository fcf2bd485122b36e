// The local page: asks /status.json every few seconds and shows it. Whatever comes is shown as text, never as markup.
"use strict";

const EVERY_MS = 3000;
const STALE_S = 180;
const WORDS = {
  "zh-CN": {
    other: "English", sources: "数据来源", errors: "最近的错误", alarm_test: "报警测试", pin: "本地 PIN", send: "发送测试报警",
    alarm_hint: "向平台发送一条测试报警。需要本站的 PIN。", offline: "网关没有应答。", none: "无", never: "从未",
    fleet: "平台连接", fleet_answers: "正常", fleet_busy: "繁忙", fleet_away: "无法连接", fleet_fails: "应答有误", fleet_unknown: "尚未知",
    broker: "消息代理", connected: "已连接", away: "未连接", waiting: "待上传", urgent: "待发报警和事件", oldest: "最久等待", buffer: "缓存占用",
    settings: "配置版本", misfits: "项不适用于本站", on_trial: "试用中", clock: "时钟误差上限", outputs: "输出", on: "开", off: "关", since: "已持续", site: "本站", slot: "{n} 号位", no_data: "数据缺失", uptime: "运行时间", ago: "前", gone: "已离线", no_report: "启动后尚无报告",
    sent: "已保存，正在发送。", wrong: "PIN 不正确。", locked: "尝试次数过多，请十分钟后再试。", no_pin: "本站未设置 PIN（gateway.toml 中 [web] pin）。",
    not_stored: "无法保存测试报警：", not_understood: "请求无法理解。",
    units: ["秒", "分", "小时", "天"],
  },
  en: {
    other: "中文", sources: "Sources", errors: "Last errors", alarm_test: "Alarm test", pin: "Local PIN", send: "Send a test alarm",
    alarm_hint: "Sends a test alarm to the fleet. Asks for the PIN of this site.", offline: "The gateway does not answer.", none: "none", never: "never",
    fleet: "Fleet link", fleet_answers: "answers", fleet_busy: "busy", fleet_away: "not reached", fleet_fails: "answers wrongly", fleet_unknown: "not known yet",
    broker: "Broker", connected: "connected", away: "not connected", waiting: "Waiting for the fleet", urgent: "Alarms and events waiting", oldest: "Longest wait", buffer: "Buffer",
    settings: "Configuration version", misfits: "not for this site", on_trial: "on trial", clock: "Clock right within", outputs: "Outputs", on: "on", off: "off", since: "for", site: "this site", slot: "slot {n}", no_data: "data missing", uptime: "Running for", ago: " ago", gone: "gone", no_report: "no report since the start",
    sent: "Stored, on its way.", wrong: "Wrong PIN.", locked: "Too many attempts; try again in ten minutes.", no_pin: "This site has no PIN ([web] pin in gateway.toml).",
    not_stored: "The test could not be stored: ", not_understood: "Not understood.",
    units: [" s", " min", " h", " d"],
  },
};

let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh-CN" : "en");
let last = null;
const word = (key) => WORDS[language][key];
const byId = (id) => document.getElementById(id);

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function span(seconds) {
  const [s, min, h, d] = word("units");
  if (seconds < 120) return Math.round(seconds) + s;
  if (seconds < 7200) return Math.round(seconds / 60) + min;
  if (seconds < 172800) return Math.round(seconds / 3600) + h;
  return Math.round(seconds / 86400) + d;
}

const ago = (seconds) => (seconds === null || seconds === undefined ? word("never") : span(seconds) + word("ago"));
const named = (table, key) => (table[key] || [key, key])[language === "en" ? 1 : 0];

// As disks are sold: 1 GB is 10^9 bytes.
function size(bytes) {
  const step = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, unit]) => bytes >= unit) || ["B", 1];
  return `${Number((bytes / step[1]).toPrecision(3))} ${step[0]}`;
}

function states(status) {
  const backlog = status.backlog || {};
  const lanes = backlog.lanes || {};
  const oldest = backlog.oldest_age_s;
  const fleet = status.fleet ? status.fleet.state : "unknown";
  const misfits = (status.desired_misfits || []).length;
  const rows = [
    ["fleet", word(`fleet_${fleet}`), { answers: "good", unknown: "", busy: "doubt" }[fleet] ?? "bad"],
    ["broker", status.broker_connected ? word("connected") : word("away"), status.broker_connected ? "good" : "bad"],
    ["waiting", String(backlog.waiting ?? "?"), (oldest ?? 0) > STALE_S ? "doubt" : "good"],
    ["urgent", String(lanes.urgent ?? "?"), lanes.urgent ? "doubt" : "good"],
    ["oldest", oldest === null || oldest === undefined ? word("none") : span(oldest), (oldest ?? 0) > STALE_S ? "doubt" : "good"],
    ["buffer", size(backlog.bytes ?? 0) + " / " + size(status.budget_bytes), ""],
    ["settings", String(status.desired_version ?? word("none")) + (status.desired_on_trial ? ` (${word("on_trial")})` : "") + (misfits ? `, ${misfits} ${word("misfits")}` : ""), status.desired_version && !misfits ? "" : "doubt"],
    ["clock", status.clock ? milliseconds(status.clock.error_ms) : "?", status.clock && status.clock.error_ms <= 5000 ? "" : "doubt"],
    ...Object.keys(status.outputs || {}).length ? [["outputs", outputs(status.outputs), ""]] : [],
    ["uptime", status.started_ms ? span((status.at_ms - status.started_ms) / 1000) : "?", ""],
  ];
  byId("states").replaceChildren(...rows.map(([key, value, mark]) => {
    const item = element("li");
    item.append(element("span", word(key)), element("b", value, mark));
    return item;
  }));
}

const milliseconds = (ms) => (ms < 2000 ? ms + " ms" : span(ms / 1000));

function outputs(patterns) {
  return Object.entries(patterns).map(([name, pattern]) => `${name} ${pattern ? word("on") : word("off")}`).join(", ");
}

function alarm(one, now_ms) {
  const about = [one.node || word("site"), one.quantity && named(QUANTITIES, one.quantity)].filter(Boolean).join(" ");
  const missing = one.data_missing ? ` (${word("no_data")})` : "";
  return element("li", `${one.rule}: ${about}, ${word("since")} ${span(Math.max(0, now_ms - one.since_ms) / 1000)}${missing}`, "bad");
}

function card(name, beside, good) {
  const made = element("section", undefined, "node");
  const head = element("h3", name);
  head.append(element("small", beside, good ? "good" : "bad"));
  made.append(head);
  return made;
}

function table(values) {
  const made = element("table");
  for (const row of values) {
    const line = element("tr");
    const quality = named(QUALITIES, row.quality);
    const shown = row.value === null ? quality : `${row.value} ${UNITS[row.unit] ?? row.unit}`.trim();
    const doubtful = row.quality === "ok" ? "" : "doubt";
    const about = element("td", named(QUANTITIES, row.quantity));
    about.append(" ", element("small", word("slot").replace("{n}", row.slot)));
    line.append(about, element("td", doubtful && row.value !== null ? `${shown} (${quality})` : shown, doubtful));
    made.append(line);
  }
  return made;
}

// What the gateway reads itself; a line of nodes and a receiver have no values here.
function instrument(name, source, values) {
  const made = card(name, named(SOURCE_STATES, source.state), source.state === "running");
  if (source.reason) made.append(element("p", source.reason, "doubt"));
  const slots = (source.instruments || []).map((one) => one[0]);
  made.append(table(values.filter((row) => slots.includes(row.slot))));
  return made;
}

function node(name, state, values) {
  const stale = state.gone || (state.heard_age_s ?? Infinity) > STALE_S;
  const made = card(name, state.gone ? word("gone") : ago(state.heard_age_s), !stale);
  made.append(values ? table(values) : element("p", word("no_report"), "doubt"));
  return made;
}

function show(status) {
  document.documentElement.lang = language;
  byId("language").textContent = word("other");
  for (const place of document.querySelectorAll("[data-text]")) place.textContent = word(place.dataset.text);
  byId("offline").hidden = status !== null;
  byId("offline").textContent = word("offline");
  if (status === null) return;
  byId("gateway").textContent = status.gateway || "airgrid";
  states(status);
  const cards = Object.entries(status.nodes || {}).map(([name, state]) => node(name, state, (status.values || {})[name]));
  byId("alarms").replaceChildren(...(status.alarms || []).map((one) => alarm(one, status.at_ms)));
  byId("instruments").replaceChildren(...Object.entries(status.sources || {}).map(([name, source]) => instrument(name, source, status.own_values || [])));
  byId("nodes").replaceChildren(...(cards.length ? cards : [element("p", word("none"))]));
  const lines = (status.errors || []).map((error) => {
    const item = element("li");
    item.append(element("time", new Date(error.at_ms).toLocaleString(language)), ` ${error.place}: ${error.text}`);
    return item;
  });
  byId("errors").replaceChildren(...(lines.length ? lines : [element("li", word("none"), "good")]));
}

async function look() {
  try {
    const answer = await fetch("/status.json", { cache: "no-store" });
    last = answer.ok ? await answer.json() : null;
  } catch {
    last = null;
  }
  show(last);
  setTimeout(look, EVERY_MS);
}

byId("language").addEventListener("click", () => {
  language = language === "en" ? "zh-CN" : "en";
  localStorage.setItem("language", language);
  show(last);
});

byId("alarm").addEventListener("submit", async (event) => {
  event.preventDefault();
  const verdict = byId("verdict");
  try {
    const answer = await fetch("/alarm-test", { method: "POST", body: JSON.stringify({ pin: byId("pin").value }) });
    const result = await answer.json();
    verdict.textContent = word(result.result) + (result.reason || "");
    verdict.className = result.result === "sent" ? "good" : "bad";
  } catch {
    verdict.textContent = word("offline");
    verdict.className = "bad";
  }
  byId("pin").value = "";
});

look();
