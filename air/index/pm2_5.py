"""Classes of the PM2.5 sub-index of HJ 633-2026, in force since 2026-03-01, by the concentration that leads to each. Pure.

A station that does not measure all six pollutants publishes no AQI below 101 (5.3 there): this is a sub-index, and is called so. In the
real-time report the mean of one hour is judged by the break points of the daily mean (4.2.2 to 4.2.4).
"""

STANDARD = "HJ 633-2026"

# (greatest concentration, ug/m3 as an integer, class): table of the break points of the sub-index at 50, 100, 150, 200 and 300.
_CLASSES = ((35, "excellent"), (60, "good"), (115, "light"), (150, "moderate"), (250, "heavy"))
WORST = "severe"
# ug/m3: the greatest of each class but the worst.
BREAKS = tuple(greatest for greatest, _ in _CLASSES)
CLASSES = (*(name for _, name in _CLASSES), WORST)


def band(mean_ugm3: float) -> str:
    """Of CLASSES. The concentration is rounded half to even to an integer before it is judged."""
    rounded = round(mean_ugm3)
    return next((name for greatest, name in _CLASSES if rounded <= greatest), WORST)
