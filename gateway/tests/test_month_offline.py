"""A month without the fleet on a small card: two nodes each 10 s, and the share of 64 MiB that two of forty have."""

import json
from collections import Counter
from pathlib import Path

import pytest

from contract import messages
from gateway.items import Row
from gateway.store.database import FILE_NAME
from gateway.store.lanes import REPORT_LANE, URGENT_LANE
from gateway.store.space.thinning import DAY_MS
from gateway.store.store import Store
from gateway.tests.away import BOOT, START_MS, is_balanced, open_store, reading, summaries

pytestmark = pytest.mark.hil

_DAYS = 30
_NODES = ("n-0", "n-1")
_BUDGET_BYTES = 64 * (1 << 20) * len(_NODES) // 40
_PER_DAY = 8640
_AT_ONCE = 60  # reports of each node in a commit
_ALARMS_PER_DAY = 4


def test_every_period_of_a_month_is_in_the_record_and_no_alarm_is_gone(tmp_path: Path) -> None:
    store, most_bytes, alarms = open_store(tmp_path, _BUDGET_BYTES), 0, 0
    for first in range(0, _DAYS * _PER_DAY, _AT_ONCE):
        rows = [reading(node, seq) for seq in range(first, first + _AT_ONCE) for node in _NODES]
        if first % (_PER_DAY // _ALARMS_PER_DAY) == 0:
            rows.append(_alarm(alarms, rows[-1].arrived_ms))
            alarms += 1
        store.eviction.make_room(rows[-1].arrived_ms, len(rows))
        store.buffer.commit(rows, [], rows[-1].arrived_ms)
        most_bytes = max(most_bytes, _bytes(tmp_path))
    assert most_bytes <= _BUDGET_BYTES
    assert _periods_by_day(store) == {(node, day): _PER_DAY for node in _NODES for day in range(_DAYS)}
    waiting = Counter(lane for (lane,) in store.connection.execute("SELECT lane FROM unsent"))
    assert waiting[URGENT_LANE] == alarms == _DAYS * _ALARMS_PER_DAY
    assert waiting[REPORT_LANE] > 0, "the newest are there as they came"
    assert is_balanced(store)
    store.close()


def _alarm(seq: int, now_ms: int) -> Row:
    body = messages.write({"q": seq, "s": 0, "k": "threshold", "a": {"rule": "pm"}})
    return Row("n-alarm", BOOT, seq, messages.EVENT, now_ms, 0, 0, now_ms, 20, body)


def _bytes(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob(FILE_NAME + "*") if not file.name.endswith("-shm"))


def _periods_by_day(store: Store) -> Counter[tuple[str, int]]:
    """Of each node how many periods of each day are in the record: reports as they came, and those that summaries stand for."""
    found: Counter[tuple[str, int]] = Counter()
    for node, body in store.connection.execute("SELECT node, body FROM items WHERE kind = 'report'"):
        found[node, (json.loads(body)["u"] - START_MS) // DAY_MS] += 1
    for summary in summaries(store):
        good = [row for row in summary["ch"] if row[1] == 1]
        assert sum(row[3] for row in good) == summary["reports"], "no period of a channel is missing in it"
        found[summary["node"], (summary["start_ms"] - START_MS) // DAY_MS] += summary["reports"]
    return found
