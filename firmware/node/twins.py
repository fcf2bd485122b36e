# Two parts in the same air, judged by the means of a period: where they differ by more than the absolute and the relative limit, either
# row says so and keeps its numbers, because it is unknown which of them is wrong. Pure.

from contract.quality import TWIN_DISAGREES, USABLE

# first and last quantity, absolute limit (in wire values), per cent of the mean of both. PM: 5 ug/m3 and 70 %, as the field's cleaning
# rule for paired channels has it (Barkjohn et al. 2021, AMT 14, 4617).
LIMITS = (
    (1, 12, 500, 70),
    (20, 26, 5000, 70),
    (30, 37, 1000, 70),
    (40, 40, 200, 10),
    (41, 41, 1000, 20),
    (42, 42, 500, 1),
)


def pairs(sensors: list) -> list:
    """[(slot, slot), ...] of the settings; a twin that is not configured counts for nothing."""
    slots = {sensor["slot"] for sensor in sensors}
    found = []
    for sensor in sensors:
        slot, twin = sensor["slot"], sensor.get("twin_slot", -1)
        pair = (min(slot, twin), max(slot, twin))
        if twin in slots and twin != slot and pair not in found:
            found.append(pair)
    return found


def judge(rows: list, twins: list) -> None:
    """Marks the rows of a period that disagree, in place."""
    for one, other in twins:
        for row in rows:
            if row[0] == one and row[2] in USABLE:
                for twin in rows:
                    if twin[0] == other and twin[1] == row[1] and twin[2] in USABLE and disagrees(row[1], row[4], twin[4]):
                        row[2] = twin[2] = TWIN_DISAGREES


def disagrees(quantity: int, one: int, other: int) -> bool:
    for first, last, absolute, percent in LIMITS:
        if first <= quantity <= last:
            difference = abs(one - other)
            return difference > absolute and difference * 200 > abs(one + other) * percent
    return False
