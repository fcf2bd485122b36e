"""Figures of an alarm on the spot: from the report on its way to the broker to the output switched, in quiet and while three days drain."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from contract.quality import OK
from contract.quantities import ID
from hil_tests.bench.figures import Measured, percentile
from hil_tests.bench.gateway_fill import SECTION, fill
from hil_tests.bench.gateway_uplink import site
from hil_tests.load_node import LoadNode, hello
from hil_tests.processes import wait_until

NODES = 40  # each with a rule and an output of its own, switched on and off twice
BACKLOG = 1_000_000  # of 40 nodes at 10 s in three days, and enough to last while half of the nodes are heard
BOOT = "00000001beac4000"
KEYS = {f"load-{number}": bytes([number]) * 32 for number in range(NODES)}
_HIGH, _LOW = 20_000, 1_000  # in hundredths of ug/m3
_PERIOD_MS = 10_000
_STARTED_AGO_MS, _STEP_MS, _TOGGLES = 50_000, 12_000, 4
_BETWEEN_S = 0.05
_WITHIN_S = 10


def figures() -> Iterator[Measured]:
    nodes = list(KEYS)
    with tempfile.TemporaryDirectory() as pins:
        outputs = "".join(f'{node} = "file:{pins}/{node}"\n' for node in nodes)
        with site(KEYS, [_rule(node) for node in nodes], outputs + SECTION) as (fleet, gateway):
            quiet = delays(gateway.broker.port, nodes[: NODES // 2], Path(pins))
            yield Measured("gateway.alarm_ms_p99", percentile(quiet, 0.99))
            gateway.program.stop()
            fill(gateway.state, nodes[0], "00000001beac4009", BACKLOG)
            before = fleet.arrived
            gateway.program.start()
            wait_until(lambda: fleet.arrived > before, within_s=60, what="the backlog on its way")
            found = delays(gateway.broker.port, nodes[NODES // 2 :], Path(pins))
            assert fleet.arrived < before + BACKLOG, "the backlog was gone before the last alarm"
            yield Measured("gateway.alarm_drain_ms_p99", percentile(found, 0.99))
            fleet.stop()


def delays(port: int, names: list[str], pins: Path) -> list[float]:
    """ms from each publish to the moment at which the file of the output was written."""
    with ExitStack() as open_:
        nodes = [open_.enter_context(closing(LoadNode(name, KEYS[name], BOOT, port, resend_s=30))) for name in names]
        for node in nodes:
            node.wait_for_link()
            node.send("hello", [hello(0)])
            node.wait_for_acks(within_s=30)
        return [_toggled(node, turn, pins / node.node) for turn in range(_TOGGLES) for node in nodes]


def _toggled(node: LoadNode, turn: int, pin: Path) -> float:
    time.sleep(_BETWEEN_S)
    is_on = turn % 2 == 0
    sent_ns = time.time_ns()
    node.send("report", [_report(turn + 1, sent_ns // 1_000_000 - _STARTED_AGO_MS + _STEP_MS * turn, _HIGH if is_on else _LOW)])
    wait_until(lambda: _shows(pin, is_on), within_s=_WITHIN_S, what=f"{node.node} switched", every_s=0.002)
    # The file's own time is of the kernel's last tick: up to 4 ms early, never late.
    return max(0.0, (pin.stat().st_mtime_ns - sent_ns) / 1e6)


def _shows(pin: Path, is_on: bool) -> bool:
    return pin.exists() and pin.read_text() == ("1\n" if is_on else "0\n")


def _rule(node: str) -> dict[str, Any]:
    return {
        "id": node, "version": 1, "kind": "level", "quantity": "pm2_5_atm", "nodes": [node], "raise": 150, "clear": 120,
        "window_s": 10, "least_share": 1, "outputs": [{"output": node}],
    }  # fmt: skip


def _report(seq: int, start_ms: int, value: int) -> dict[str, Any]:
    channel = [0, ID["pm2_5_atm"], OK, 10, value, value, value]
    return {"q": seq, "s": 1000 * seq, "d": _PERIOD_MS, "c": 0, "u": start_ms, "e": 120, "ch": [channel]}
