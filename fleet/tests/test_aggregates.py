"""Hours of series are right whatever comes, moves, comes late or twice, whenever they are made: compared with hours made from scratch."""

import json
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, select

from air.statistics.hours import HOUR_MS, Aggregate, DatedPeriod, hours_of, hours_touched
from air.statistics.periods import PeriodStatistics, Summary
from contract import quality
from fleet.record.aggregates import due, kept, making
from fleet.record.aggregates.due import SeriesHour
from fleet.record.aggregates.making import GRACE_MS, make_piece
from fleet.record.aggregates.reading import SeriesSpan, hours
from fleet.record.origins import Came, origin_of
from fleet.record.tables import aggregate, aggregate_due, item, series, site_hour, value
from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, TVOC, District, event, report
from fleet.tests.things import add_site, at

# START_MS is on an hour.
SPAN = (START_MS - 72 * HOUR_MS, START_MS + 96 * HOUR_MS)
_EVER = 10**13


def _scratch(connection: Connection) -> dict[SeriesHour, Aggregate]:
    """All hours of all series, of all values, without a look at what is due."""
    rows: dict[int, list[DatedPeriod]] = {}
    same = (item.c.boot_id == value.c.boot_id) & (item.c.seq == value.c.seq)
    for row in connection.execute(select(value, item.c.kind, item.c.arrived_ms, item.c.received_ms).join(item, same)):
        summary = Summary(row.n, row.mean, row.least, row.greatest) if row.n else None
        origin = origin_of(Came(row.kind, row.arrived_ms, row.received_ms), row.start_ms + row.duration_ms, row.error_ms)
        dated = DatedPeriod(PeriodStatistics(row.start_ms, row.duration_ms, row.quality, summary), row.error_ms, origin)
        rows.setdefault(row.series_id, []).append(dated)
    return {
        (series_id, start_ms): one
        for series_id, of_series in rows.items()
        for start_ms, one in hours_of(
            of_series, {hour for row in of_series for hour in hours_touched(row.period.start_ms, row.period.duration_ms)}
        ).items()
    }


def _read(connection: Connection) -> dict[SeriesHour, Aggregate]:
    """As those who read have them."""
    ids = list(connection.execute(select(series.c.id)).scalars())
    found = hours(connection, {series_id: [SeriesSpan(series_id)] for series_id in ids}, *SPAN)
    return {(series_id, start_ms): one for series_id, of_series in found.items() for start_ms, one in of_series.items()}


def _check(connection: Connection) -> None:
    assert _read(connection) == _scratch(connection)


def _check_all_made(connection: Connection) -> None:
    assert connection.execute(select(aggregate_due)).all() == []
    scratch = _scratch(connection)
    assert kept.read(connection, select(series.c.id), 0, _EVER) == scratch
    sites = dict(connection.execute(select(series.c.id, series.c.site_id)).all())
    summed: dict[tuple[str, int], int] = {}
    for (series_id, start_ms), one in scratch.items():
        key = sites[series_id], start_ms
        summed[key] = summed.get(key, 0) + one.usable_ms
    rows = connection.execute(select(site_hour).where(site_hour.c.usable_ms > 0))
    assert {(row.site_id, row.start_ms): row.usable_ms for row in rows} == {key: total for key, total in summed.items() if total}


async def _make(district: District, most: int = 7, now_ms: int = _EVER) -> None:
    while await district.service.write(lambda connection: make_piece(connection, now_ms, most)) == most:
        pass


class _Chance:
    """What happens to a district by chance: reports that come late, in any order, twice, under loose dates that an anchor repairs, of
    silent sensors and of summaries; nodes that move. Told apart by a seed."""

    def __init__(self, district: District, seed: int) -> None:
        self.district, self.random, self._seq = district, Random(seed), 100
        self._sent: list[Any] = []
        self._place, self._hours = 1, 0.0

    async def step(self) -> None:
        acts = [self._reports] * 5 + [self._again, self._anchor, self._summary, self._move, self._some_made, self._some_made]
        await self.random.choice(acts)()

    async def _reports(self) -> None:
        items = []
        hour = self.random.randint(-20, 8)
        for _ in range(self.random.randint(1, 12)):
            self._seq += 1
            start_ms = START_MS + hour * HOUR_MS + self.random.randrange(0, 2 * HOUR_MS, 10_000)
            loose = self.random.random() < 0.4
            dating = {"how": "bounds", "start_ms": start_ms, "error_ms": 10**7} if loose else {"start_ms": start_ms}
            boot = LATER_BOOT if loose else BOOT
            code = self.random.choice([quality.OK, quality.OK, quality.FEW_SAMPLES, quality.STUCK, quality.NO_REPLY])
            number = self.random.randint(-500, 5000)
            numbers = [0] if code == quality.NO_REPLY else [self.random.randint(1, 9), number, number - 3, number + 3]
            channels = [[0, PM2_5, code, *numbers], [1, TVOC, quality.OK, 1, number, number, number]]
            node = self.random.choice(["n-1", "n-2"])
            made = report(self._seq, channels, node=node, boot=boot, d=self.random.choice([10_000, 60_000, 1_800_000, 3_600_000]), **dating)
            items.append({**made, "arrived_ms": start_ms + self.random.choice([10_000, 10**7])})
        self._sent = items
        await self.district.ingest(*items)

    async def _again(self) -> None:
        if self._sent:
            await self.district.ingest(*self._sent)

    async def _anchor(self) -> None:
        offset_ms, error_ms = START_MS + self.random.randint(-30, 30) * HOUR_MS // 2, self.random.randint(10, 10**6)
        node = self.random.choice(["n-1", "n-2"])
        await self.district.ingest(anchors=[{"node": node, "boot": LATER_BOOT, "offset_ms": offset_ms, "error_ms": error_ms}])

    async def _summary(self) -> None:
        self._seq += 1
        start_ms, hours_long = START_MS + self.random.randint(-40, 8) * HOUR_MS + 12_345, self.random.choice([1, 1, 2, 25])
        rows = [[0, PM2_5, quality.OK, 300, 3_000_000, 3000, 1234, 1200, 1300]]
        about = {
            "node": "n-1",
            "boot": BOOT,
            "from": 1,
            "to": 360,
            "reports": 360,
            "uptime_ms": 10_000,
            "start_ms": start_ms,
            "error_ms": 25,
        }
        whole = {**about, "duration_ms": hours_long * HOUR_MS, "ch": rows}
        await self.district.ingest(event(self._seq, "summary", whole, node="g-1", boot="00000001cccccccc", start_ms=start_ms))

    async def _move(self) -> None:
        self._place = 3 - self._place
        self._hours += self.random.uniform(0, 1)
        at(self.district, self._hours)
        await self.district.admin("PATCH", "nodes/n-1", {"site": f"s-{self._place}", "reason": "moved"})

    async def _some_made(self) -> None:
        count = self.random.randint(1, 20)
        await self.district.service.write(lambda connection: make_piece(connection, START_MS + self.random.randint(0, 50) * HOUR_MS, count))


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whatever_happens_the_hours_are_those_made_from_scratch(district: District, seed: int) -> None:
    await add_site(district, "s-2")
    await district.add_node("n-2")
    await district.add_node("g-1")
    chance = _Chance(district, seed)
    for _ in range(40):
        await chance.step()
        district.service.read(_check)
    await _make(district)
    district.service.read(_check)
    district.service.read(_check_all_made)


async def test_a_repaired_time_takes_the_value_out_of_the_hour_in_which_it_was(district: District) -> None:
    await district.ingest(report(1, how="bounds", start_ms=START_MS - 5 * HOUR_MS, error_ms=10**7))
    await _make(district)
    await district.ingest(anchors=[{"node": "n-1", "boot": BOOT, "offset_ms": START_MS, "error_ms": 30}])
    district.service.read(_check)
    await _make(district)
    district.service.read(_check_all_made)
    with district.service.people._engine.connect() as connection:
        assert list(connection.execute(select(aggregate.c.start_ms)).scalars()) == [START_MS]


async def test_a_repaired_time_that_belongs_to_another_place_makes_the_hour_there_due(district: District) -> None:
    await add_site(district, "s-2")
    at(district, 2)
    assert (await district.admin("PATCH", "nodes/n-1", {"site": "s-2", "reason": "moved"})).status_code == 200
    await district.ingest(report(1, how="bounds", start_ms=START_MS, error_ms=10**7))
    await _make(district)
    await district.ingest(anchors=[{"node": "n-1", "boot": BOOT, "offset_ms": START_MS + 5 * HOUR_MS, "error_ms": 30}])
    district.service.read(_check)
    await _make(district)
    district.service.read(_check_all_made)


async def test_an_hour_is_made_only_once_it_is_over(district: District) -> None:
    await district.ingest(report(1))
    early = START_MS + HOUR_MS + GRACE_MS - 1
    assert await district.service.write(lambda connection: make_piece(connection, early)) == 0
    assert await district.service.write(lambda connection: make_piece(connection, early + 1)) == 1


async def test_a_piece_that_is_cut_leaves_every_hour_due(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    await district.ingest(*(report(seq) for seq in range(0, 2000, 200)))

    def cut(connection: Connection) -> None:
        make_piece(connection, _EVER)
        assert connection.execute(select(aggregate)).all() and not connection.execute(select(aggregate_due)).all()
        raise RuntimeError("cut")

    with pytest.raises(RuntimeError):
        await district.service.write(cut)
    district.service.read(_check)
    assert await district.service.write(lambda connection: make_piece(connection, _EVER)) == 6
    district.service.read(_check_all_made)


async def test_what_is_answered_is_never_behind(district: District) -> None:
    span = {"quantity": "pm2_5_cf1", "from_ms": START_MS, "to_ms": START_MS + HOUR_MS, "step_ms": HOUR_MS}
    for seq, expected in ((0, 10.0), (1, 20.0), (2, 30.0)):
        number = 100 * (10 + 20 * seq)
        await district.ingest(report(seq, [[0, PM2_5, 0, 1, number, number, number]]))
        (bin_,) = (await district.read("sites/s-1/series", **span))["positions"][0]["points"]
        assert (bin_["value"], bin_["n"], bin_["origin"]) == (expected, seq + 1, "live")
        await _make(district)


def test_rows_say_their_time_by_quality_only_where_that_is_not_plain() -> None:
    plain = Aggregate(quality.OK, Summary(1, 2, 2, 2), 5, {quality.OK: 5}, 1, 1)
    mixed = Aggregate(quality.OK, Summary(1, 2, 2, 2), 5, {quality.OK: 5, quality.STUCK: 7}, 1, 1)
    assert kept._row((1, 0), plain)["covered"] is None
    assert json.loads(kept._row((1, 0), mixed)["covered"]) == {"0": 5, "7": 7}


def test_runs_are_read_together() -> None:
    hour = HOUR_MS
    found = making._runs([(1, 0), (1, hour), (2, 0), (2, hour), (3, 0), (3, 2 * hour)])
    assert found == {(0, hour): [1, 2], (0, 0): [3], (2 * hour, 2 * hour): [3]}


async def test_two_changes_of_an_hour_are_one_hour_that_is_due(district: District) -> None:
    await district.ingest(report(1))
    await district.ingest(report(2))
    with district.service.people._engine.connect() as connection:
        (row,) = connection.execute(select(aggregate_due)).all()
        assert (row.start_ms, row.changes) == (START_MS, 2)
        assert due.due(connection, [row.series_id], START_MS, START_MS + 1) == {(row.series_id, START_MS)}
