"""What the rows of the contract's tables mean, in words: for documents, pages and schemas.

CPython only and never imported by the tables themselves: a node would pay for every word with RAM. A test keeps it complete.
"""

QUALITIES = {
    "ok": "measured, all tests passed",
    "warming_up": "the part has not run long enough since power-on or wake",
    "no_reply": "the part was silent for the whole period",
    "rejected": "the part spoke, but no frame passed its checks",
    "exception": "the part answered with an error (Modbus exception, SHDLC state)",
    "out_of_range": "outside the range of the quantity or the part",
    "saturated": "at the upper end of the part's range: the truth may be higher",
    "stuck": "unchanged for longer than air can be",
    "inconsistent": "contradicts another channel of the part, such as PM1 above PM2.5",
    "sensor_error": "the part reports a fault of its own (error byte, status register)",
    "asleep": "the part was put to sleep by its duty cycle",
    "quarantined": "not asked: it failed too often and is being probed",
    "cleaning": "the part cleans its fan; values are frozen meanwhile",
    "few_samples": "measured, but by fewer readings than the period should hold",
    "sentinel": "the part sent its own mark for 'no value'",
    "step": "a jump that air does not make",
    "twin_disagrees": "differs from its twin by more than both limits",
    "not_measured": "the node did not measure in this period",
}

_MOMENT = {
    "q": "sequence number of the item in its boot, from 0",
    "s": "uptime at that moment, ms",
    "u": "UTC of that moment, ms since 1970; absent while the node does not know the time",
    "e": "bound of the error of u, ms",
}

FIELDS = {
    "hello": _MOMENT
    | {
        "hw": "board",
        "fw": "firmware version",
        "mp": "interpreter and its version",
        "c": "settings version in force; 0 = as shipped",
        "rc": "reset cause: power_on, hard, watchdog, soft, deep_sleep, unknown",
        "sn": "parts found: [slot, part, identity], identity empty when the part tells none",
    },
    "report": _MOMENT
    | {
        "d": "duration of the period, ms",
        "c": "settings version in force",
        "ch": "channels: [slot, quantity, quality, n], followed by mean, min, max when n is above 0",
    },
    "event": _MOMENT
    | {
        "k": "what happened, such as dropped, settings_lost, identity_changed",
        "a": "its particulars",
    },
    "applied": _MOMENT
    | {
        "c": "the settings version that was offered",
        "ok": "whether it is now in force",
        "f": "its faults, as text, when it is not",
    },
    "get": {
        "b": "boot",
        "s": "uptime, ms",
        "w": "what is wanted: time",
        "k": "nonce, echoed in the answer",
    },
    "log": {
        "b": "boot",
        "s": "uptime, ms",
        "t": "one line",
    },
    "gone": {
        "b": "boot; the broker publishes it as the node's last will",
    },
    "ack": {
        "b": "boot",
        "r": "ranges [first, last] of sequence numbers that are committed",
    },
    "time": {
        "b": "boot",
        "k": "nonce of the question",
        "u": "UTC at the gateway when it answered, ms since 1970",
        "e": "bound of the gateway's own error, ms",
    },
    "config": {
        "v": "settings version; only a greater one than is in force is taken",
        "set": "all settings, not a difference",
    },
}

SETTINGS = {
    "period_ms": "length of a report's period",
    "resend_ms": "wait for an acknowledgement before a report is sent again; doubles up to 8 times",
    "time_sync_ms": "pause between two time questions",
    "keepalive_s": "MQTT keepalive",
    "sensors": "the parts that are connected",
}

SENSOR_SETTINGS = {
    "slot": "number of the channel group in reports; unique on the node",
    "part": "part number, or the profile of a Modbus transmitter",
    "port": "serial port of the board; only Modbus transmitters of the same line settings may share one",
    "address": "Modbus address; transmitters only",
    "poll_ms": "pause between two questions; transmitters, and a pms5003 in passive mode",
    "mode": "pms5003: active (it streams) or passive (it is asked)",
}

PROFILE_SOURCES = {
    "jxct_tvoc": "JXCT JXBS-3001-TVOC manual V2.0: 9600 8N1, function 3, register 0006 TVOC in ppb; range 0-1000 ppb, response <= 15 s",
    "xy_md02": "XY-MD02 sellers' protocol sheet: 9600 8N1, function 4, 0001 temperature/10 signed, 0002 humidity/10",
    "renke_rs_ws": "Renke RS-WS-N01-8: 4800 8N1, function 3, 0000 humidity/10, 0001 temperature/10 signed, plain 16-bit integers",
}
