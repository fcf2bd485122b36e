# Raspberry Pi Pico W (RP2040): two UARTs, the console is USB. Port 1 is RS-485 with DE on GP6. Its watchdog cannot exceed 8,388 ms.

NAME = "pico_w"
PORTS = {
    0: {"uart": 0, "tx": 0, "rx": 1, "de": None, "rxbuf": 512},
    1: {"uart": 1, "tx": 4, "rx": 5, "de": 6, "rxbuf": 512},
}
WDT_MS = 8000
OUTBOX_ITEMS = 128
OUTBOX_BYTES = 32768
SPOOL_BYTES = 393216
