"""`python -m hil_tests.installed_node NAME KEY`: a node at the broker of an installed gateway, until it is ended.

Run on the machine's network."""

import itertools
import sys
import time

from contract.site import broker_access
from hil_tests.load_node import LoadNode, hello, report

_PERIOD_S = 1.0
_PORT = 1883


def main(name: str, key: bytes) -> None:
    boot = f"{time.time_ns() & (1 << 40) - 1:016x}"
    node = LoadNode(name, key, boot, _PORT, password=broker_access.password(key))
    started = time.monotonic()
    node.send("hello", [hello()])
    for seq in itertools.count(1):
        node.send("report", [report(seq, int(1000 * (time.monotonic() - started)))])
        node.resend_due()
        time.sleep(_PERIOD_S)


if __name__ == "__main__":
    main(sys.argv[1], bytes.fromhex(sys.argv[2]))
