# Why a value is what it is, or why there is no value. "No data" is always one of these, with a time: never None, 0 or a gap.
#
# Their names are in site/qualities.py, which a node has no use for.
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

USABLE = (OK, FEW_SAMPLES)
VALUED = (
    OK,
    WARMING_UP,
    OUT_OF_RANGE,
    SATURATED,
    STUCK,
    INCONSISTENT,
    SENSOR_ERROR,
    CLEANING,
    FEW_SAMPLES,
    STEP,
    TWIN_DISAGREES,
)

# Of several qualities in a period, a row names the one nearest to the end: it says most about what is wrong.
RANK = (
    OK,
    FEW_SAMPLES,
    NOT_MEASURED,
    ASLEEP,
    WARMING_UP,
    CLEANING,
    QUARANTINED,
    NO_REPLY,
    REJECTED,
    EXCEPTION,
    SENTINEL,
    STEP,
    STUCK,
    TWIN_DISAGREES,
    INCONSISTENT,
    SATURATED,
    OUT_OF_RANGE,
    SENSOR_ERROR,
)
