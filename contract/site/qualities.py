# The names of the quality codes.

from contract import quality

# code, key (what they mean in words: meanings.py)
QUALITIES = (
    (quality.OK, "ok"),
    (quality.WARMING_UP, "warming_up"),
    (quality.NO_REPLY, "no_reply"),
    (quality.REJECTED, "rejected"),
    (quality.EXCEPTION, "exception"),
    (quality.OUT_OF_RANGE, "out_of_range"),
    (quality.SATURATED, "saturated"),
    (quality.STUCK, "stuck"),
    (quality.INCONSISTENT, "inconsistent"),
    (quality.SENSOR_ERROR, "sensor_error"),
    (quality.ASLEEP, "asleep"),
    (quality.QUARANTINED, "quarantined"),
    (quality.CLEANING, "cleaning"),
    (quality.FEW_SAMPLES, "few_samples"),
    (quality.SENTINEL, "sentinel"),
    (quality.STEP, "step"),
    (quality.TWIN_DISAGREES, "twin_disagrees"),
    (quality.NOT_MEASURED, "not_measured"),
)

KEYS = dict(QUALITIES)
