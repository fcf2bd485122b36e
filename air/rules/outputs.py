"""What each output is to do, of all the alarms that are open: the gravest one decides, of two alike the first in the document."""

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


def switched(before: dict[str, Output], after: dict[str, Output], raised: Rule | None) -> Iterator[Switched]:
    """What changes; an alarm that was just raised says its own again, so that an output that ran out of its time starts anew."""
    again = set() if raised is None else set(raised.outputs)
    for name in sorted(before.keys() | after.keys()):
        output = after.get(name)
        if output is None:
            yield Switched(name, None, 0)
        elif output != before.get(name) or output in again:
            yield Switched(name, output.pattern, output.for_s)
