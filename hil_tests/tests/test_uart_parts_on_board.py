"""The other parts with a UART of their own on the virtual board: the same drivers, in MicroPython, at real bytes."""

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contract.quality import OK, WARMING_UP
from contract.quantities import key, scale
from contract.settings import with_defaults
from hil_tests.board.board import VirtualBoard
from hil_tests.board.lockstep import Lockstep
from hil_tests.sensors.host import SensorHost
from hil_tests.sensors.scenario import steady
from hil_tests.sensors.uart_parts import UART_DEVICES
from hil_tests.tests.test_drivers_on_board import MAIN, PERIOD, WARM_UP_PERIODS
from technician.build import flash_files
from technician.flash_layout import SLOT

pytestmark = pytest.mark.hil

AIR = steady(pm2_5_atm=87, temperature=-10.1, humidity=65.8, formaldehyde=38)
PERIODS = WARM_UP_PERIODS + 6
PAIRS = [
    ({"part": "sds011"}, {"part": "hpma115c0", "mode": "passive"}),
    ({"part": "sds011", "mode": "passive"}, {"part": "hpma115s0"}),
    ({"part": "pms5003st"}, {"part": "pms5003t", "mode": "passive"}),
    ({"part": "pms3003"}, {"part": "pms5003s"}),
    ({"part": "nextpm", "poll_ms": 1000}, {"part": "pms7003"}),
]


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "-".join(part["part"] for part in pair))
def test_every_channel_is_read_as_it_was_shown(tmp_path: Path, pair: tuple[dict[str, Any], ...]) -> None:
    sensors = with_defaults({"sensors": [{"slot": port, "port": port, **part} for port, part in enumerate(pair)]})["sensors"]
    parts = [UART_DEVICES[sensor["part"]](AIR) for sensor in sensors]
    lockstep = Lockstep()
    host = SensorHost(clock=lockstep)
    lockstep.add(host)
    with VirtualBoard(tmp_path, unique_id="01", lockstep=lockstep) as board, closing(host):
        for port, part in enumerate(parts):
            host.attach(board.uart_master_fd(port), part)
        application = {path: content for path, content in flash_files("virtual").items() if path.startswith(SLOT)}
        board.flash({**application, "/main.py": MAIN.format(slot=SLOT, sensors=sensors, period=PERIOD).encode()})
        board.start()
        lockstep.run_until(lambda: board.console().count(PERIOD) > PERIODS, 5 * (PERIODS + 3), f"{PERIODS} periods")
        lines = [line for line in board.console().splitlines() if line.startswith(PERIOD)]
    periods = [json.loads(line.removeprefix(PERIOD)) for line in lines[:PERIODS]]
    assert {row[2] for row in periods[0][0]} == {WARMING_UP}
    for rows, counters in periods[WARM_UP_PERIODS:]:
        for slot, quantity, quality, _, *values in rows:
            shown = round(parts[slot].shown_between(0, float("inf"), key(quantity))[-1] * scale(quantity))
            assert (quality, set(values)) == (OK, {shown}), (sensors[slot]["part"], key(quantity))
        assert not [count for of_part in counters for name, count in of_part.items() if name in ("wrong_model", "unacknowledged") and count]
