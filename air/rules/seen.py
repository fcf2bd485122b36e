"""Which reports were taken already: by node, boot and number. Bounded: of each node the last boots, of each boot so many gaps."""

from contract.site.sequence import Sequence

MAX_BOOTS = 4
MAX_RANGES = 64


class Seen:
    def __init__(self) -> None:
        self._boots: dict[str, dict[str, Sequence]] = {}

    def is_new(self, node: str, boot: str, seq: int) -> bool:
        """And it is not, from now on."""
        boots = self._boots.setdefault(node, {})
        numbers = boots.get(boot)
        if numbers is None:
            numbers = boots[boot] = Sequence(max_ranges=MAX_RANGES)
            if len(boots) > MAX_BOOTS:
                del boots[next(iter(boots))]
        return numbers.add(seq)
