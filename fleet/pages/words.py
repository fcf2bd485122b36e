"""What the pages call states and lengths of time, and what they show first. Marked for translation. The names of quantities and qualities:
contract/site/display_names.py. Pure."""

from contract.quantities import BY_ID

LIVE, LATE, SILENT, NEW = "live", "late", "silent", "new"


def _(message: str) -> str:
    # Marks a message for the catalogue; it is translated where it is shown.
    return message


STATE_NAMES = {LIVE: _("live"), LATE: _("late"), SILENT: _("silent"), NEW: _("never heard")}

# Up to which length, in which unit of how many seconds a length of time is shown.
SPANS = (
    (120, 1, _("%d s")),
    (7200, 60, _("%d min")),
    (172_800, 3600, _("%d h")),
    (float("inf"), 86_400, _("%d days")),
)

# Shown on a node's card: what people look for first. Everything else is in the chart's list.
ON_CARD = ("pm2_5_atm", "pm10_atm", "tvoc", "voc_index", "pid", "formaldehyde", "temperature", "humidity")

CHART_ORDER = (*ON_CARD, *(row[1] for row in BY_ID.values() if row[1] not in ON_CARD))
