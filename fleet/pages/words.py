"""What the pages call states and lengths of time, and what they show first. Marked for translation. The names of quantities and qualities:
contract/site/display_names.py. Pure."""

from contract.quantities import BY_ID
from contract.site import device_api
from contract.site.display_names import FIRST

LIVE, LATE, SILENT, FAULTY, NO_SENSORS, NEW = "live", "late", "silent", "faulty", "no_sensors", "new"
# Trouble first: the order of lists.
STATES = (SILENT, LATE, FAULTY, NO_SENSORS, LIVE, NEW)


def _(message: str) -> str:
    # Marks a message for the catalogue; it is translated where it is shown.
    return message


STATE_NAMES = {
    LIVE: _("live"),
    LATE: _("late"),
    SILENT: _("silent"),
    FAULTY: _("sensor fault"),
    NO_SENSORS: _("reports, has no sensors"),
    NEW: _("never heard"),
}
# What is counted on top, and what of it only where there is any.
TILES = (LIVE, LATE, SILENT, FAULTY, NO_SENSORS, NEW)
RARE = (FAULTY, NO_SENSORS, NEW)
# The colour of each: a class of house.css.
STATE_MARKS = {LIVE: "good", LATE: "doubt", SILENT: "bad", FAULTY: "doubt", NO_SENSORS: "doubt", NEW: ""}

# Qualities that somebody has to look after. The others without a usable value pass by themselves, or tell of the air: saturated.
FAULTS = frozenset(
    {"no_reply", "rejected", "exception", "stuck", "inconsistent", "sensor_error", "quarantined", "sentinel", "twin_disagrees"}
)  # fmt: skip

# Up to which length, in which unit of how many seconds a length of time is shown.
SPANS = (
    (120, 1, _("%d s")),
    (7200, 60, _("%d min")),
    (172_800, 3600, _("%d h")),
    (float("inf"), 86_400, _("%d days")),
)

_FIRST_KEYS = tuple(key for keys in FIRST for key in keys)
CHART_ORDER = (*_FIRST_KEYS, *(row[1] for row in BY_ID.values() if row[1] not in _FIRST_KEYS))

GROUPINGS = {"site": _("by site"), "gateway": _("by gateway"), "none": _("not grouped")}
SETTINGS_STATES = {
    "confirmed": _("confirmed"),
    "pending": _("on the way"),
    "refused": _("refused by the node"),
    "never_heard": _("never heard"),
}
TRIAL_STATES = {
    device_api.ON_TRIAL: _("on trial"),
    device_api.KEPT: _("in force"),
    device_api.RETURNED: _("taken back"),
    device_api.REFUSED: _("refused by the gateway"),
}

# A gateway reports at least once a minute, and asks twice as often; ages from which on it is late, and silent.
_GATEWAY_LATE_S, _GATEWAY_SILENT_S = 150.0, 600.0


def gateway_state(seen_s: float | None) -> tuple[str, str]:
    """(colour, name of the state) of a gateway that was heard so long ago; None: never."""
    if seen_s is None:
        return "", STATE_NAMES[NEW]
    state = SILENT if seen_s > _GATEWAY_SILENT_S else LATE if seen_s > _GATEWAY_LATE_S else LIVE
    return STATE_MARKS[state], STATE_NAMES[state]


# Phases of an alarm (contract/site/alarm_events.py), and the labels of particulars of events; others stand as the record has them.
PHASES = {"raise": _("begins"), "clear": _("ends"), "no_data": _("data missing"), "data": _("data again")}
PARTICULARS = {
    "rule": _("rule"), "phase": "", "value": _("value"), "limit": _("limit"), "why": _("because"), "outputs": _("outputs"),
    "settings_version": _("settings version"),
}  # fmt: skip
