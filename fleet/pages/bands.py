"""The colour of dust: in which class of the public index its mean of the last hour is, by node and sensor. Asks no clock."""

from collections.abc import Mapping
from dataclasses import dataclass

from air.index import pm2_5
from contract.site import display_names as names
from fleet.pages.wording import Wording
from fleet.record.hour_means import HourMean


def _(message: str) -> str:
    return message


NAMES = {
    "excellent": _("excellent"),
    "good": _("good"),
    "light": _("light pollution"),
    "moderate": _("moderate pollution"),
    "heavy": _("heavy pollution"),
    "severe": _("severe pollution"),
}


@dataclass(frozen=True, slots=True)
class Band:
    """key: of pm2_5.CLASSES. mean: of the last hour, rounded."""

    key: str
    name: str
    mean: str


Bands = Mapping[tuple[str, int], Band]


def bands(means: Mapping[str, list[HourMean]], wording: Wording) -> Bands:
    return {(node, one.slot): _band(one.mean, wording) for node, of_node in means.items() for one in of_node}


def legend(wording: Wording) -> list[tuple[str, str]]:
    """(key, name) of every class, the cleanest first."""
    return [(key, wording.translate(NAMES[key])) for key in pm2_5.CLASSES]


def _band(mean: float, wording: Wording) -> Band:
    key = pm2_5.band(mean)
    return Band(key, wording.translate(NAMES[key]), names.rounded("pm2_5_atm", mean))
