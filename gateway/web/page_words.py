"""The names that the local page shows in the place of keys, as a script of its own: [Chinese, English]. Pure."""

import json

from contract.site import display_names

SOURCE_STATES = {
    "waiting": ("等待设备", "waiting for its device"),
    "running": ("运行中", "running"),
    "silent": ("设备无有效数据", "silent"),
    "crashed": ("程序出错，正在重启", "crashed, starting again"),
    "no_port": ("本站没有此端口", "no such port here"),
}
TABLES = {
    "QUANTITIES": display_names.QUANTITIES,
    "QUALITIES": display_names.QUALITIES,
    "SOURCE_STATES": SOURCE_STATES,
    "UNITS": display_names.UNITS,
}


def script() -> str:
    lines = [f"const {name} = {json.dumps(table, ensure_ascii=False)};" for name, table in TABLES.items()]
    return "\n".join(['"use strict";', *lines, ""])
