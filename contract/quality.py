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

# code, key, usable, valued (what they mean in words: meanings.py)
QUALITIES = (
    (OK, "ok", True, True),
    (WARMING_UP, "warming_up", False, True),
    (NO_REPLY, "no_reply", False, False),
    (REJECTED, "rejected", False, False),
    (EXCEPTION, "exception", False, False),
    (OUT_OF_RANGE, "out_of_range", False, True),
    (SATURATED, "saturated", False, True),
    (STUCK, "stuck", False, True),
    (INCONSISTENT, "inconsistent", False, True),
    (SENSOR_ERROR, "sensor_error", False, True),
    (ASLEEP, "asleep", False, False),
    (QUARANTINED, "quarantined", False, False),
    (CLEANING, "cleaning", False, True),
    (FEW_SAMPLES, "few_samples", True, True),
    (SENTINEL, "sentinel", False, False),
    (STEP, "step", False, True),
    (TWIN_DISAGREES, "twin_disagrees", False, True),
    (NOT_MEASURED, "not_measured", False, False),
)

KEYS = {code: key for code, key, usable, valued in QUALITIES}
USABLE = tuple(code for code, key, usable, valued in QUALITIES if usable)
VALUED = tuple(code for code, key, usable, valued in QUALITIES if valued)
