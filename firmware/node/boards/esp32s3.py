# ESP32-S3 (WROOM-1 modules): the console is USB, so two UARTs are free beside UART0. Port 1 is RS-485 with DE on 4.

NAME = "esp32s3"
PORTS = {
    0: {"uart": 1, "tx": 17, "rx": 18, "de": None, "rxbuf": 512},
    1: {"uart": 2, "tx": 15, "rx": 16, "de": 4, "rxbuf": 512},
}
WDT_MS = 8000
OUTBOX_ITEMS = 256
OUTBOX_BYTES = 65536
SPOOL_BYTES = 1048576
