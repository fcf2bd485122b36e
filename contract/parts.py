# The parts that a node reads over a UART of their own: part, as it stands in the settings -> file of firmware/node/drivers. A new
# part is one file there and one row here. What such a file offers is written in firmware/node/parts.py.

UART_PARTS = {
    "hpma115c0": "hpma115",
    "hpma115s0": "hpma115",
    "nextpm": "nextpm",
    "pms1003": "plantower",
    "pms3003": "plantower",
    "pms5003": "plantower",
    "pms5003s": "plantower",
    "pms5003st": "plantower",
    "pms5003t": "plantower",
    "pms7003": "plantower",
    "pmsa003": "plantower",
    "sds011": "sds011",
    "sps30": "sps30",
    "ze08_ch2o": "winsen",
    "ze40_tvoc": "winsen",
}
