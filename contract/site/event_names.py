# What people are shown in the place of the keys of events: what happened, its particulars, the severity and the end of an alarm. As
# display_names.py, in its languages.

# key of an event -> the name in each of the languages
EVENTS = {
    "alarm": ("告警", "alarm"),
    "alarm_test": ("告警测试", "alarm test"),
    "boot_not_stored": ("启动编号未能保存", "number of the start not stored"),
    "counters": ("故障计数", "counters of faults"),
    "crashed": ("程序崩溃后重启", "restarted after a crash"),
    "data_budget": ("流量预算", "data budget"),
    "dropped": ("数据丢弃", "items dropped"),
    "faster": ("加密采样", "faster sampling"),
    "link": ("切换链路", "change of link"),
    "local_change": ("现场修改设置", "setting changed on site"),
    "monitor_flags": ("参比仪器状态标志", "flags of a reference monitor"),
    "safe_mode": ("进入安全模式", "safe mode"),
    "safe_mode_left": ("退出安全模式", "safe mode left"),
    "sensor_swapped": ("传感器被更换", "sensor exchanged"),
    "sensor_health": ("传感器状态", "health of a sensor"),
    "settings_kept": ("新设置已确认", "new settings kept"),
    "settings_lost": ("设置丢失", "settings lost"),
    "settings_returned": ("已恢复原设置", "earlier settings restored"),
    "store_set_aside": ("损坏的缓存已移开", "damaged buffer set aside"),
    "summary": ("缓存不足,仅存汇总", "summary in the place of reports"),
    "wiring": ("接线有误", "fault of wiring"),
}

# Event -> short key among its particulars -> what it is called where people read it; other particulars keep their keys.
PARTICULARS = {
    "faster": {"k": "request"},
    "dropped": {"b": "boot"},
    "settings_kept": {"c": "settings_version"},
    "settings_returned": {"c": "settings_version"},
}

SEVERITIES = {"notice": ("提示", "notice"), "warning": ("预警", "warning"), "alarm": ("告警", "alarm")}

# Why an alarm ended (alarm_events.CLEARED_BY; superseded and retired are the fleet's own).
SUPERSEDED = "superseded"
RETIRED = "retired"
ENDS = {
    "condition": ("数值恢复正常", "values are back to normal"),
    "revised": ("补到的数据表明并未超限", "late data showed that there was none"),
    "schedule": ("不在规则生效时段", "the rule is not in force at this time"),
    "rule_changed": ("规则已修改", "the rule was changed"),
    "retired": ("设备已停用", "what it is about, or its gateway, was retired"),
    "superseded": ("网关未报告结束,同一告警已重新触发", "the gateway raised it anew without reporting an end"),
}
