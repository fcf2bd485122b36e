# Raspberry Pi Pico 2 W (RP2350): two UARTs, the console is USB. Port 1 is RS-485 with DE on GP6.

NAME = "pico2_w"
PORTS = {
    0: {"uart": 0, "tx": 0, "rx": 1, "de": None, "rxbuf": 512},
    1: {"uart": 1, "tx": 4, "rx": 5, "de": 6, "rxbuf": 512},
}
WDT_MS = 8000
OUTBOX_ITEMS = 256
OUTBOX_BYTES = 65536
SPOOL_BYTES = 1048576
