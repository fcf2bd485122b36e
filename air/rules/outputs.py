"""What each output is to do, by all the alarms that are open: the highest severity wins, of two alike the first in the document."""

from collections.abc import Iterable, Iterator

from air.rules.facts import Switched
from air.rules.rule import Output, Rule
from contract.site.rules import SEVERITIES


def wanted(opened: Iterable[Rule]) -> dict[str, Output]:
    found: dict[str, Output] = {}
    for rule in sorted(opened, key=lambda rule: (-SEVERITIES.index(rule.severity), rule.order)):
        for output in rule.outputs:
            found.setdefault(output.name, output)
    return found


def switched(before: dict[str, Output], after: dict[str, Output], raised: Iterable[Rule]) -> Iterator[Switched]:
    """What changes, by name; an alarm that was just raised repeats its own, so that an output whose time had run out starts anew."""
    again = {output for rule in raised for output in rule.outputs}
    for name in sorted(before.keys() | after.keys()):
        output = after.get(name)
        if output is None:
            yield Switched(name, None, 0)
        elif output != before.get(name) or output in again:
            yield Switched(name, output.pattern, output.for_s)
