# ESP32 (WROOM-32 modules): UART0 is the console, UART1's own pins are the flash's. Port 1 is RS-485 through a driver with DE on 4.

NAME = "esp32"
PORTS = {
    0: {"uart": 2, "tx": 17, "rx": 16, "de": None, "rxbuf": 512},
    1: {"uart": 1, "tx": 26, "rx": 25, "de": 4, "rxbuf": 512},
}
WDT_MS = 8000
OUTBOX_ITEMS = 128
OUTBOX_BYTES = 32768
SPOOL_BYTES = 1048576
