"""What the local page says, as a script of its own: the names in the place of keys, and sentences, each as [Chinese, English]. Pure.

The names of quantities and qualities are those of every page (contract/site/display_names.py).
"""

import json

from contract.site import display_names

SOURCE_STATES = {
    "waiting": ("等待设备", "waiting for its device"),
    "running": ("运行中", "running"),
    "silent": ("设备无有效数据", "silent"),
    "crashed": ("程序出错，正在重启", "crashed, starting again"),
    "no_port": ("本站没有此端口", "no such port here"),
}
FLEET_STATES = {
    "answers": ("正常", "answers"),
    "busy": ("繁忙", "busy"),
    "away": ("无法连接", "not reached"),
    "fails": ("应答有误", "answers wrongly"),
    "unknown": ("尚未知", "not known yet"),
}
# Of a press of the button for the alarm test: `result` of the answer.
VERDICTS = {
    "sent": ("已保存，正在送往平台……", "Stored, on its way to the fleet …"),
    "arrived": ("平台已收到测试告警。", "The fleet has received the test alarm."),
    "refused": ("平台拒绝了测试告警：", "The fleet has refused the test alarm: "),
    "dropped": ("缓存已满，测试告警未能送出。", "The buffer was full: the test alarm was dropped before it was delivered."),
    "forgotten": (
        "网关已重新启动。测试告警是否到达，请查看全区页面。",
        "The gateway has restarted since. The page of the district shows whether the test has arrived.",
    ),
    "wrong": ("PIN 不正确，请重新输入。", "Wrong PIN. Please enter it again."),
    "locked": ("尝试次数过多，再次尝试前请等待：", "Too many attempts. Please wait before the next one: "),
    "no_pin": (
        "本站未设置 PIN，请在 gateway.toml 的 [web] 中设置 pin。",
        "This site has no PIN. Please set pin in [web] of gateway.toml.",
    ),
    "not_stored": ("无法保存测试告警：", "The test could not be stored: "),
    "unclear": (
        "网关繁忙，尚不清楚测试告警是否已保存。",
        "The gateway is busy: it is not known whether the test was stored.",
    ),
    "not_understood": ("请求无法理解，请重新载入本页。", "Not understood. Please load this page again."),
    "offline": ("网关没有应答，请稍后再试。", "The gateway does not answer. Please try again later."),
}
SENTENCES = {
    "stale": (
        "数据已过时：{time} 之后网关没有新的应答。以下数值可能已经改变；本页会自动重试。",
        "Out of date: no new answer from the gateway since {time}. The values below may have changed; this page keeps trying.",
    ),
    "loading": ("正在读取网关状态……", "Asking the gateway …"),
    "fleet": ("平台连接", "Fleet link"),
    "broker": ("消息代理", "Broker"),
    "connected": ("已连接", "connected"),
    "away": ("未连接", "not connected"),
    "waiting": ("待上传", "Waiting for the fleet"),
    "oldest": ("最久 {span}", "oldest {span}"),
    "urgent": ("待发告警和事件", "Alarms and events waiting"),
    "last_answer": ("上次应答", "last answer"),
    "last_message": ("上次消息", "last message"),
    "never": ("从未", "never"),
    "none": ("无", "none"),
    "no_nodes": ("本站还没有节点。", "This site has no nodes yet."),
    "no_report": ("网关启动后尚无数据。请检查节点是否通电。", "No report since the gateway started. Is the node powered?"),
    "no_sensors": ("有上报，但未配置传感器。", "It reports, but has no sensors."),
    "gone": ("已离线", "gone"),
    "all_values": ("全部数值（{count}）", "All values ({count})"),
    "sensor": ("传感器 {slot}", "sensor {slot}"),
    "site": ("本站", "this site"),
    "since": ("始于", "since"),
    "now": ("当前", "now"),
    "no_data": ("数据缺失", "data missing"),
    "more": ("运行状态", "State of the gateway"),
    "buffer": ("缓存占用", "Buffer"),
    "settings": ("配置版本", "Configuration version"),
    "misfits": ("{count} 项不适用于本站", "{count} not for this site"),
    "trial": ("试用中", "on trial"),
    "clock": ("时钟误差上限", "Clock right within"),
    "outputs": ("输出", "Outputs"),
    "on": ("开", "on"),
    "off": ("关", "off"),
    "uptime": ("运行时间", "Running for"),
    "errors": ("最近的错误", "Last errors"),
    "alarm_test": ("告警测试", "Alarm test"),
    "pin": ("本站 PIN", "PIN of this site"),
    "send": ("开始测试", "Run the test"),
    "test_with": (
        "将鸣响警报器（{outputs}）{seconds} 秒，并通知平台。需要本站的 PIN。",
        "Sounds the siren ({outputs}) for {seconds} s and notifies the fleet. Needs the PIN of this site.",
    ),
    "test_without": (
        "通知平台；本站没有警报器。需要本站的 PIN。",
        "Notifies the fleet; this site has no siren. Needs the PIN of this site.",
    ),
    "district": ("全区页面", "Page of the district"),
    "metrics": ("监控指标", "metrics"),
}
TABLES = {
    "QUANTITIES": display_names.QUANTITIES,
    "QUALITIES": display_names.QUALITIES,
    "SOURCE_STATES": SOURCE_STATES,
    "FLEET_STATES": FLEET_STATES,
    "VERDICTS": VERDICTS,
    "SENTENCES": SENTENCES,
    "UNITS": display_names.UNITS,
    "HEADLINES": display_names.FIRST,
}


def script() -> str:
    lines = [f"export const {name} = {json.dumps(table, ensure_ascii=False)};" for name, table in TABLES.items()]
    return "\n".join([*lines, ""])
