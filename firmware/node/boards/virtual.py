# The virtual board of the bench: MicroPython's unix port, with UARTs that end in pseudo-terminals. Pins are numbers without wires.

NAME = "virtual"
PORTS = {
    0: {"uart": 0, "tx": 0, "rx": 1, "de": None, "rxbuf": 512},
    1: {"uart": 1, "tx": 4, "rx": 5, "de": 6, "rxbuf": 512},
    2: {"uart": 2, "tx": 8, "rx": 9, "de": None, "rxbuf": 512},
    3: {"uart": 3, "tx": 12, "rx": 13, "de": None, "rxbuf": 512},
}
WDT_MS = 8000
OUTBOX_ITEMS = 512
OUTBOX_BYTES = 131072
SPOOL_BYTES = 262144
