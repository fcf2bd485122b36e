"""The virtual parts that have a UART for themselves, by their name in a node's settings: a new part is one row."""

from collections.abc import Callable
from typing import Protocol

from hil_tests.sensors.ground_truth import Entry, ShownLog
from hil_tests.sensors.hpma115 import Hpma115
from hil_tests.sensors.line import Device
from hil_tests.sensors.nextpm import NextPm
from hil_tests.sensors.plantower import Plantower
from hil_tests.sensors.scenario import Scenario
from hil_tests.sensors.sds011 import Sds011
from hil_tests.sensors.sps30 import Sps30
from hil_tests.sensors.winsen import Winsen


class UartPart(Device, Protocol):
    """A device that remembers what it showed (told.Teller). `settled_ms`: when its warm-up ends or ended; None while off or asleep."""

    log: ShownLog

    @property
    def settled_ms(self) -> int | None: ...
    @property
    def shown(self) -> list[Entry]: ...
    def shown_between(self, t0_ms: float, t1_ms: float, quantity: str, slack_ms: float = ...) -> list[float]: ...


UART_DEVICES: dict[str, Callable[[Scenario], UartPart]] = {
    "hpma115c0": lambda air: Hpma115(air, model="hpma115c0"),
    "hpma115s0": lambda air: Hpma115(air),
    "nextpm": lambda air: NextPm(air),
    "pms1003": lambda air: Plantower(air, model="pms1003"),
    "pms3003": lambda air: Plantower(air, model="pms3003"),
    "pms5003": lambda air: Plantower(air),
    "pms5003s": lambda air: Plantower(air, model="pms5003s"),
    "pms5003st": lambda air: Plantower(air, model="pms5003st"),
    "pms5003t": lambda air: Plantower(air, model="pms5003t"),
    "pms7003": lambda air: Plantower(air, model="pms7003"),
    "pmsa003": lambda air: Plantower(air, model="pmsa003"),
    "sps30": lambda air: Sps30(air),
    "sds011": lambda air: Sds011(air),
    "ze08_ch2o": lambda air: Winsen("ze08_ch2o", air),
    "ze40_tvoc": lambda air: Winsen("ze40_tvoc", air),
}
