"""A pin of the board, by gpiozero: a relay or a siren behind a transistor. Imported only where one is configured."""

from gpiozero import GPIOZeroError, OutputDevice

from gateway.errors import OutputError


class GpioPin:
    """`number`: as the board's maker counts (BCM on a Raspberry Pi). Opened at the first use, and off by then."""

    def __init__(self, number: int, active_high: bool) -> None:
        self._number = number
        self._active_high = active_high
        self._device: OutputDevice | None = None

    def set(self, is_on: bool) -> None:
        try:
            if self._device is None:
                self._device = OutputDevice(self._number, active_high=self._active_high, initial_value=False)
            self._device.value = is_on
        except (GPIOZeroError, OSError) as error:
            raise OutputError(f"gpio {self._number}", f"{type(error).__name__}: {error}") from error
