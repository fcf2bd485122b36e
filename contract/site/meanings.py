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
        "k": "what happened, such as dropped, settings_lost, settings_kept, settings_returned, identity_changed",
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
    "do": {
        "b": "boot",
        "k": "number of the request; only a greater one than was taken in this boot is taken",
        "w": "what is wanted: faster (shorter periods for a limited time; event faster at both ends)",
        "p": "length of a report's period meanwhile, ms",
        "d": "for how long, ms",
    },
}

SETTINGS = {
    "period_ms": "length of a report's period",
    "resend_ms": "wait for an acknowledgement before a report is sent again; doubles up to 8 times",
    "time_sync_ms": "pause between two time questions",
    "keepalive_s": "MQTT keepalive",
    "spool_after_s": "wait for an acknowledgement in RAM; then what waits moves to flash",
    "history_per_s": "items a second, at most, that are sent from flash when the link is back",
    "trial_s": "new settings return to the old ones when no report under them that has a usable value was acknowledged by then",
    "sensors": "the parts that are connected",
    "profiles": "Modbus transmitters that the firmware does not know by itself: name -> profile",
}

GATEWAY_SETTINGS = {
    "report_interval_s": "pause between two reports of counters to the fleet",
    "trial_s": "trial of the next desired document, beside two periods of its slowest node; then the last good one returns",
    "history_bytes_per_s": "cap on sending reports older than half a minute; 0: by the line only",
}

SENSOR_SETTINGS = {
    "slot": "number of the channel group in reports; unique on the node",
    "part": "part number, or the profile of a Modbus transmitter",
    "port": "serial port of the board; only Modbus transmitters of the same line settings may share one",
    "address": "Modbus address; transmitters only",
    "warm_up_s": "from power-on or wake to values that count; UART parts whose maker states no time (Plantower: always 30 s)",
    "poll_ms": "pause between two questions; transmitters, and UART parts that are asked",
    "duty_on_s": "how long a part with a UART of its own measures in each duty_period_s, after its warm-up; then it sleeps. 0: always on",
    "duty_period_s": "from one measuring window to the next; without time to sleep beside warm-up and duty_on_s the part is always on",
    "stuck_s": "for how long no reading of the slot may change; 24 times that for what changes slowly; zero is never stuck. 0: not judged",
    "min_samples": "fewer readings in a period are few_samples; 0: half of what the part's pace promises",
    "twin_slot": "slot of a part in the same air, with which the means of a period are compared; -1: none",
    "greatest_ugm3": "particle mass above it is out_of_range; 0: as the quantity",
    "saturates_ugm3": "particle mass from here on is saturated: the part's end of range, from its data sheet; 0: not judged",
    "clean_every_h": "hours of measuring between two cleanings of the fan, the first an hour after power-on; 0: never; sps30 only",
    "baud": "of a transmitter, where it was changed; 0: as its profile says",
    "parity": "of a transmitter, where it was changed: N, E or O; profile: as its profile says",
    "mode": "UART parts that can do both: active (it streams) or passive (it is asked)",
}

PROFILE_KEYS = {
    "line": "[baud, data bits, parity, stop bits] as shipped",
    "settle_ms": "from power-on to values that count",
    "timeout_ms": "longest wait for the first byte of a reply",
    "source": "where the map is from, for people",
    "fields": "what is read; registers of one function that follow each other are read together",
}

PROFILE_FIELD_KEYS = {
    "function": "3 (holding registers) or 4 (input registers)",
    "register": "first register, counted from 0 as on the wire",
    "type": "u16, s16, u32, s32, u64, s64 or f32",
    "order": "order of the bytes of 32 bits, a the most significant: abcd, cdab (words reversed), badc (bytes of each word swapped), dcba",
    "quantity": "key of the quantity that the register tells",
    "multiply": "wire value = raw * multiply / divide",
    "divide": "see multiply",
    "none": "raw values that mean: no value",
    "least": "least wire value that is in range; that of the quantity if absent",
    "greatest": "greatest wire value that is in range; that of the quantity if absent",
    "saturates": "wire value from which on the part shows its limit, not the air",
}

PROFILE_SOURCES = {
    "jxct_air": "JXCT JXBS-3001 manual V2.0, with all its sensors fitted: 0000 humidity/10, 0001 temperature/10 signed, 0004 PM2.5, "
    "0005 CO2 (an estimate), 0006 TVOC in ppb, 0009 PM10",
    "jxct_ozone": "JXCT JXBS-3001-O3 manual: function 3, register 0006 ozone in 0.01 ppm",
    "jxct_pm": "JXCT PM shutter box: function 3, 0004 PM2.5, 0009 PM10",
    "jxct_th": "JXCT air temperature and humidity: function 3, 0000 humidity/10, 0001 temperature/10 signed",
    "md02_clone": "clone of the XY-MD02, as reported by users: 8E1, values in hundredths (unverified on a part of ours)",
    "enginique_air": "ENGINIQUE air quality node: function 4, 0006 VOC index, 000B NOx index, 0010 PM1, 0015 PM2.5, actual values; "
    "line and scale unverified, ships with address 21",
    "jxct_tvoc": "JXCT JXBS-3001-TVOC manual V2.0: 9600 8N1, function 3, register 0006 TVOC in ppb; range 0-1000 ppb, response <= 15 s",
    "xy_md02": "XY-MD02 sellers' protocol sheet: 9600 8N1, function 4, 0001 temperature/10 signed, 0002 humidity/10",
    "renke_rs_ws": "Renke RS-WS-N01-8: 4800 8N1, function 3, 0000 humidity/10, 0001 temperature/10 signed, plain 16-bit integers",
}

# The keys that all sources have, then those of each kind (source_kinds.py).
SOURCE_KEYS = {
    "source": "name of the source at its gateway",
    "kind": "what is read there, and how",
    "port": "name that the [ports] of the gateway's own configuration map to a device",
}

SOURCE_KIND_KEYS = {
    "nodes": {
        "baud": "of the line",
        "answer_ms": "how long an answer of a node may take to begin, above the time that bytes take",
        "mode": "multidrop: RS-485 with many nodes; point: a wired pair; usb: the node's USB",
        "nodes": "who is on the line, and at which address (with one node: 1 if absent)",
    },
    "modbus": {
        "period_ms": "length of the periods that are reported; they end on whole multiples of it, by UTC",
        "instruments": "what is on the bus",
        "profiles": "profiles that no firmware knows, by name; as in the settings of a node",
    },
    "bam1020": {
        "baud": "of the line",
        "slot": "number of its channel in the gateway's reports; unique at the gateway",
        "poll_ms": "how often it is asked for a new hour",
        "clock_offset_min": "how far the monitor's clock is ahead of UTC",
        "clock_error_s": "how wrong the monitor's clock may be: the error of the times of its hours",
        "dialect": "query: ESC commands; csv: the classic menu",
        "quantity": "what its inlet lets through",
        "serial": "serial number, for the list of what is installed",
    },
    "bayern_hessen": {
        "baud": "of the line",
        "slot": "number of its channels in the gateway's reports; unique at the gateway",
        "period_ms": "length of the periods that are reported; they end on whole multiples of it, by UTC",
        "poll_ms": "pause between two questions",
        "timeout_ms": "longest wait for an answer",
        "parity": "N, E or O",
        "channels": "which of its measured values are which quantities",
        "serial": "serial number, for the list of what is installed",
    },
    "gps": {
        "baud": "of the line",
        "track_ms": "least time between two points of the track that are kept",
        "silent_s": "without a sentence for so long the receiver counts as silent",
    },
}

SOURCE_ENTRY_KEYS = {
    "nodes": {"node": "node id", "address": "its address on the line"},
    "modbus": {
        "part": "a shipped profile, or one that the source brings",
        "parity": "N, E or O, where it was changed; profile: as its profile says",
        "serial": "serial number, for the list of what is installed",
        "slot": "number of its channels in the gateway's reports; unique at the gateway",
        "address": "Modbus address",
        "poll_ms": "pause between two questions",
        "baud": "where it was changed; 0: as its profile says",
    },
    "bayern_hessen": {
        "quantity": "key of the quantity",
        "id": "number of the measured value in the instrument's telegram",
        "multiply": "wire value = value in the quantity's unit * scale * multiply / divide",
        "divide": "see multiply",
    },
}
