# Why a value is what it is, or why there is none. "No data" is always one of these, with a time: never None, 0 or a gap.
#
# usable: the value may enter means and rules as it stands. valued: a number may accompany the code.

OK = 0
WARMING_UP = 1
NO_REPLY = 2
REJECTED = 3
EXCEPTION = 4
OUT_OF_RANGE = 5
SATURATED = 6
STUCK = 7
INCONSISTENT = 8
SENSOR_ERROR = 9
ASLEEP = 10
QUARANTINED = 11
CLEANING = 12
FEW_SAMPLES = 13
SENTINEL = 14
STEP = 15
TWIN_DISAGREES = 16
NOT_MEASURED = 17

# code, key, usable, valued, meaning
QUALITIES = (
    (OK, "ok", True, True, "measured, all tests passed"),
    (WARMING_UP, "warming_up", False, True, "the part has not run long enough since power-on or wake"),
    (NO_REPLY, "no_reply", False, False, "the part was silent for the whole period"),
    (REJECTED, "rejected", False, False, "the part spoke, but no frame passed its checks"),
    (EXCEPTION, "exception", False, False, "the part answered with an error (Modbus exception, SHDLC state)"),
    (OUT_OF_RANGE, "out_of_range", False, True, "outside the range of the quantity or the part"),
    (SATURATED, "saturated", False, True, "at the upper end of the part's range: the truth may be higher"),
    (STUCK, "stuck", False, True, "unchanged for longer than air can be"),
    (INCONSISTENT, "inconsistent", False, True, "contradicts another channel of the part, such as PM1 above PM2.5"),
    (SENSOR_ERROR, "sensor_error", False, True, "the part reports a fault of its own (error byte, status register)"),
    (ASLEEP, "asleep", False, False, "the part was put to sleep by its duty cycle"),
    (QUARANTINED, "quarantined", False, False, "not asked: it failed too often and is being probed"),
    (CLEANING, "cleaning", False, True, "the part cleans its fan; values are frozen meanwhile"),
    (FEW_SAMPLES, "few_samples", True, True, "measured, but by fewer readings than the period should hold"),
    (SENTINEL, "sentinel", False, False, "the part sent its own mark for 'no value'"),
    (STEP, "step", False, True, "a jump that air does not make"),
    (TWIN_DISAGREES, "twin_disagrees", False, True, "differs from its twin by more than both limits"),
    (NOT_MEASURED, "not_measured", False, False, "the node did not measure in this period"),
)

KEYS = {code: key for code, key, usable, valued, meaning in QUALITIES}
USABLE = tuple(code for code, key, usable, valued, meaning in QUALITIES if usable)
VALUED = tuple(code for code, key, usable, valued, meaning in QUALITIES if valued)
