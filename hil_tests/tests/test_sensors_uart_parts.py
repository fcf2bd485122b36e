"""Every part that a node reads over a UART of its own has a virtual one."""

from contract.parts import UART_PARTS
from hil_tests.sensors.uart_parts import UART_DEVICES


def test_every_uart_part_of_the_settings_has_a_virtual_one() -> None:
    assert set(UART_DEVICES) == set(UART_PARTS)
