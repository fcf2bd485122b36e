"""Sensors as things: what hellos say of them is compared with what is registered, and swaps are noticed, never hidden."""

from typing import Any

from fleet.devices.sensor_noticing import NOT_NOTICED
from fleet.devices.sensor_slots import MOST_STAYS
from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, District, envelope, report
from fleet.tests.things import EVER, HOUR_MS, add_site, at, done, measured, newest_change, refused

DAY_MS = 86_400_000


def greet(hours: float, *parts: list[Any], node: str = "n-1", boot: str = BOOT, seq: int = 0) -> dict[str, Any]:
    """A hello made so many hours after START_MS."""
    at_ms = int(hours * HOUR_MS)
    body = {"s": at_ms + 100, "hw": "esp32", "fw": "0.1.0", "mp": "1.25", "c": 0, "rc": "power_on", "sn": list(parts)}
    return envelope(seq, "hello", body, node=node, boot=boot)


def sps30(serial: str, slot: int = 0) -> list[Any]:
    return [slot, "sps30", serial]


async def stays(district: District, slot: int = 0, node: str = "n-1") -> list[tuple[str, float, float | None]]:
    """(serial or sensor, from, to) in hours, by time."""
    found = (await district.read(f"nodes/{node}/slots/{slot}/sensors"))["items"]
    shown = [(one["serial"] or one["sensor"], hours(one["from_ms"]), hours(one["to_ms"])) for one in found]
    return sorted(shown, key=lambda one: one[1] or 0)


def hours(moment_ms: int | None) -> Any:
    return None if moment_ms is None else round((moment_ms - START_MS) / HOUR_MS, 2)


async def count(district: District, **wanted: Any) -> int:
    return len((await district.read("changes", limit=1000, **wanted))["items"])


async def test_a_sensor_that_a_hello_names_is_registered_as_found_and_confirmed_by_a_person(district: District) -> None:
    at(district, 1)
    await district.ingest(greet(1, sps30("A1"), [1, "pms5003", "firmware 151"]))
    found = (await district.read("sensors"))["items"]
    assert [(one["model"], one["serial"], one["mark"], one["state"]) for one in found] == [
        ("pms5003", None, "firmware 151", "found"), ("sps30", "A1", "", "found"),
    ]  # fmt: skip
    assert [place["site"] for one in found for place in one["places"]] == ["s-1", "s-1"] and found[1]["id"] == "sps30-a1"
    assert hours(found[1]["first_use_ms"]) == 1
    change = await newest_change(district, "sensor_found")
    assert (change["actor"], change["who"]) == ("gateway", "g-1")
    confirmed = await done(district, "PATCH", "sensors/sps30-a1", batch="2026-07")
    assert (confirmed["state"], confirmed["batch"]) == ("confirmed", "2026-07")
    assert [one["id"] for one in (await district.read("sensors", state="found"))["items"]] == [found[0]["id"]]


async def test_repeated_hellos_add_nothing(district: District) -> None:
    at(district, 9)
    await district.ingest(greet(1, sps30("A1"), [1, "pms5003", ""]))
    before = await count(district)
    await district.ingest(greet(2, sps30("A1"), [1, "pms5003", ""], seq=2), greet(3, sps30("A1"), [1, "pms5003", ""], boot=LATER_BOOT))
    assert await count(district) == before
    assert len((await district.read("sensors"))["items"]) == 2 and (await stays(district)) == [("A1", 1, None)]


async def test_another_serial_number_in_a_slot_is_a_swap_noticed_by_itself(district: District) -> None:
    at(district, 5)
    await district.ingest(greet(1, sps30("A1")), greet(4, sps30("B2"), boot=LATER_BOOT))
    assert await stays(district) == [("A1", 1, 4), ("B2", 4, None)]
    (swap,) = (await district.read("sensor-swaps"))["items"]
    assert (swap["sensor"], swap["replaces"], swap["noticed"], swap["who"], swap["actor"]) == (
        "sps30-b2", "sps30-a1", "hello", "g-1", "gateway",
    )  # fmt: skip
    change = await newest_change(district, "sensor_swapped")
    assert (change["subject"], change["before"]) == ("n-1", {"slot": 0, "sensor": "sps30-a1"})
    assert change["after"]["sensor"] == "sps30-b2" and hours(change["after"]["from_ms"]) == 4
    assert (await district.read("sensors/sps30-a1"))["places"] == []


async def test_a_part_that_says_its_serial_number_later_is_no_swap(district: District) -> None:
    at(district, 5)
    await district.ingest(greet(1, sps30("")))
    assert (await district.read("sensors"))["items"] == []
    await district.ingest(
        greet(1.1, sps30("A1"), seq=2), greet(2, sps30(""), boot=LATER_BOOT), greet(2.1, sps30("A1"), boot=LATER_BOOT, seq=2)
    )
    assert await stays(district) == [("A1", 1.1, None)]


async def test_a_sensor_that_a_person_registered_is_found_by_its_serial_number(district: District) -> None:
    await done(district, "POST", "sensors", id="ours-1", model="sps30", serial="A1", expected_life_days=30)
    at(district, 2)
    await district.ingest(greet(1, sps30("A1")))
    shown = await district.read("sensors/ours-1")
    assert (shown["state"], hours(shown["end_of_life_ms"])) == ("confirmed", 1 + 30 * 24)
    assert await district.read("sensors", due_before_ms=START_MS + 29 * DAY_MS) == {"items": [], "next": None}
    assert [one["id"] for one in (await district.read("sensors", due_before_ms=START_MS + 31 * DAY_MS))["items"]] == ["ours-1"]


async def test_what_a_person_put_in_is_identified_by_the_hello_or_replaced_by_it(district: District) -> None:
    await done(district, "POST", "sensors", id="new-1", model="sps30")
    at(district, 1)
    await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor="new-1")
    at(district, 3)
    await district.ingest(greet(2, sps30("A1")))
    assert (await district.read("sensors/new-1"))["serial"] == "A1" and await stays(district) == [("A1", 1, None)]
    await district.ingest(greet(3, [0, "pms5003", ""], boot=LATER_BOOT))
    assert [one[1:] for one in await stays(district)] == [(1, 3), (3, None)], "another part is another sensor"


async def test_a_late_hello_completes_what_was_and_never_changes_what_is(district: District) -> None:
    at(district, 9)
    await district.ingest(greet(8, sps30("C3"), boot="00000003cccccccc"))
    await district.ingest(greet(1, sps30("A1")))
    await district.ingest(greet(4, sps30("B2"), boot=LATER_BOOT))
    await district.ingest(greet(2, sps30("A1"), seq=5))
    assert await stays(district) == [("A1", 1, 4), ("B2", 4, 8), ("C3", 8, None)]
    assert [(one["sensor"], one["replaces"]) for one in (await district.read("sensor-swaps"))["items"]] == [
        ("sps30-b2", "sps30-a1"), ("sps30-c3", "sps30-b2"),
    ]  # fmt: skip


async def test_a_backlog_that_comes_at_once_gives_the_whole_history(district: District) -> None:
    at(district, 9)
    boots = [f"0000000{number}aaaaaaaa" for number in range(1, 5)]
    await district.ingest(*(greet(number, sps30(f"A{number}"), boot=boot) for number, boot in enumerate(boots)))
    assert await stays(district) == [("A0", 0, 1), ("A1", 1, 2), ("A2", 2, 3), ("A3", 3, None)]
    assert await count(district, what="sensor_swapped") == 3


async def test_of_one_boot_the_numbers_say_which_hello_is_newer_whatever_their_clocks_say(district: District) -> None:
    at(district, 9)
    await district.ingest(greet(2, sps30("B2"), seq=7))
    early = greet(5, sps30("A1"), seq=3)
    await district.ingest(early)
    assert (await stays(district))[-1] == ("B2", 2, None)
    ahead = greet(9000, sps30("B2"), boot=LATER_BOOT)
    await district.ingest(ahead, greet(8, sps30("D4"), boot=LATER_BOOT, seq=4))
    assert (await stays(district))[-1] == ("D4", 8, None)


async def test_a_sensor_that_two_nodes_report_is_a_conflict_until_one_of_them_no_longer_does(district: District) -> None:
    await district.add_node("n-2")
    at(district, 9)
    await district.ingest(greet(1, sps30("A1")), greet(2, sps30("A1", 3), node="n-2"))
    (shown,) = (await district.read("sensors", conflict=True))["items"]
    assert shown["conflict"] and [(place["node"], place["slot"]) for place in shown["places"]] == [("n-1", 0), ("n-2", 3)]
    await district.ingest(greet(3, sps30(""), boot=LATER_BOOT))
    assert (await district.read("sensors", conflict=True))["items"] == []
    assert await stays(district) == [("A1", 1, 3)] and await stays(district, 3, "n-2") == [("A1", 2, None)]
    await district.ingest(greet(4, sps30("A1"), boot=LATER_BOOT, seq=3))
    await done(district, "PUT", "nodes/n-2/slots/3/sensor", sensor="sps30-a1")
    assert not (await district.read("sensors/sps30-a1"))["conflict"], "a person knows"


async def test_like_marks_of_two_nodes_are_no_conflict_and_another_mark_is_a_swap(district: District) -> None:
    await district.add_node("n-2")
    at(district, 9)
    mark = "a160 2019-05-12"
    await district.ingest(greet(1, [0, "sds011", mark]), greet(2, [0, "sds011", mark], node="n-2"))
    assert len((await district.read("sensors"))["items"]) == 2 and (await district.read("sensors", conflict=True))["items"] == []
    await district.ingest(greet(3, [0, "sds011", "b7ff 2019-05-12"], boot=LATER_BOOT))
    assert [one[1:] for one in await stays(district)] == [(1, 3), (3, None)]


async def test_a_technician_swaps_what_has_no_serial_number_and_says_why(district: District) -> None:
    at(district, 1)
    await district.ingest(greet(1, [0, "pms5003", ""]))
    await done(district, "POST", "sensors", id="pms-17", model="pms5003", batch="2026-07")
    at(district, 5)
    made = await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor="pms-17", from_ms=START_MS + 4 * HOUR_MS)
    assert (made["stay"]["sensor"], made["stay"]["who"], made["stay"]["reason"]) == ("pms-17", "ada", "the roof is rebuilt")
    await district.ingest(greet(4.5, [0, "pms5003", ""], boot=LATER_BOOT), greet(2, [0, "pms5003", ""], seq=9))
    assert [one[1:] for one in await stays(district)] == [(1, 4), (4, None)]
    before = await count(district)
    await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor="pms-17")
    assert await count(district) == before, "it is there already"
    for moment_ms in (START_MS, START_MS + 6 * HOUR_MS):
        problem = await refused(district, "PUT", "nodes/n-1/slots/0/sensor", 422, sensor=None, from_ms=moment_ms)
        assert problem["faults"][0]["path"] == "from_ms"
    emptied = await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor=None)
    assert emptied["stay"] is None and (await newest_change(district, "sensor_removed"))["before"]["sensor"] == "pms-17"
    await district.ingest(greet(4.6, [0, "pms5003", ""], boot=LATER_BOOT, seq=4))
    assert [one[1:] for one in await stays(district)] == [(1, 4), (4, 5)], "a hello from before is no news"


async def test_a_sensor_follows_its_box_and_ends_with_its_node(district: District) -> None:
    at(district, 2)
    await district.ingest(greet(1, sps30("A1")))
    await refused(district, "POST", "sensors/sps30-a1/retirement", 409)
    await done(district, "POST", "nodes/n-1/hardware", sensors="exchanged")
    assert await stays(district) == [("A1", 1, 2)]
    await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor="sps30-a1")
    await done(district, "POST", "nodes/n-1/retirement")
    assert (await district.read("sensors/sps30-a1"))["places"] == []
    retired = await done(district, "POST", "sensors/sps30-a1/retirement")
    assert retired["state"] == "retired" and (await district.read("sensors"))["items"] == []
    await refused(district, "PUT", "nodes/n-1/slots/0/sensor", 409, sensor="sps30-a1")


async def test_after_the_clock_went_back_a_stay_ends_no_earlier_than_it_began(district: District) -> None:
    await done(district, "POST", "sensors", id="x-1", model="pms5003")
    at(district, 5)
    await done(district, "PUT", "nodes/n-1/slots/0/sensor", sensor="x-1")
    at(district, 2)
    await done(district, "POST", "nodes/n-1/retirement")
    assert await stays(district) == [("x-1", 5, 5)]


async def test_a_serial_number_is_of_one_sensor_and_a_name_too(district: District) -> None:
    await done(district, "POST", "sensors", id="a-1", model="sps30", serial="A1")
    await done(district, "POST", "sensors", id="a-2", model="xy_md02", serial="A1")
    await refused(district, "POST", "sensors", 409, id="a-1", model="sps30")
    problem = await refused(district, "POST", "sensors", 422, id="a-3", model="sps30", serial="A1")
    assert "a-1 has it" in problem["faults"][0]["allowed"]
    assert (await refused(district, "PATCH", "sensors/a-2", 422, model="sps30"))["faults"][0]["path"] == "serial"


async def test_a_swapped_sensor_breaks_no_series_and_is_shown_in_it(district: District) -> None:
    at(district, 9)
    await district.ingest(greet(1, sps30("A1")), measured("n-1", 2, 10), measured("n-1", 3, 20))
    swapped = greet(4, sps30("B2"), boot=LATER_BOOT)
    await district.ingest(swapped, {**measured("n-1", 5, 30, boot=LATER_BOOT)})
    site = await district.read("sites/s-1/series", quantity="pm2_5_cf1", **EVER)
    (position,) = site["positions"]
    assert [point["value"] for point in position["points"]] == [10.0, 20.0, 30.0]
    shown = [(one["serial"], hours(one["from_ms"]), hours(one["to_ms"])) for one in position["sensors"]]
    assert shown == [("A1", 1, 4), ("B2", 4, None)]
    node = await district.read("nodes/n-1/series", quantity="pm2_5_cf1", from_ms=START_MS + 5 * HOUR_MS, to_ms=START_MS + 6 * HOUR_MS)
    assert [one["serial"] for one in node["sensors"]] == ["B2"], "of this span only"


async def test_a_replacing_node_goes_on_with_the_series_and_its_own_sensors_are_shown(district: District) -> None:
    await district.ingest(greet(1, sps30("A1")), measured("n-1", 2, 10))
    at(district, 4)
    await district.add_node("n-2", replaces="n-1")
    at(district, 6)
    await district.ingest(greet(5, sps30("A1"), node="n-2"), measured("n-2", 5.5, 30))
    (position,) = (await district.read("sites/s-1/series", quantity="pm2_5_cf1", **EVER))["positions"]
    assert [point["value"] for point in position["points"]] == [10.0, 30.0]
    assert [(one["node"], hours(one["from_ms"]), hours(one["to_ms"])) for one in position["sensors"]] == [("n-1", 0, 4), ("n-2", 5, None)]
    assert not (await district.read("sensors/sps30-a1"))["conflict"], "n-1 is deployed nowhere"


async def test_the_health_of_a_site_shows_each_sensor_with_what_it_measured_last(district: District) -> None:
    await add_site(district, "s-2")
    at(district, 2)
    await district.ingest(greet(1, sps30("A1"), [1, "pms5003", ""]), report(700, [[0, PM2_5, 0, 1, 1000, 1000, 1000], [1, PM2_5, 9, 0]]))
    await done(district, "PATCH", "sensors/sps30-a1", expected_life_days=1)
    at(district, 26)
    first, second = (await district.read("sites/s-1/sensors"))["items"]
    assert (first["sensor"]["serial"], first["is_due"], first["channels"][0]["quality"]) == ("A1", True, "ok")
    assert (second["slot"], second["is_due"], second["sensor"]["state"]) == (1, False, "found")
    assert second["channels"][0]["value"] is None and second["channels"][0]["quality"] != "ok"
    assert (await district.read("sites/s-2/sensors"))["items"] == []
    await refused(district, "GET", "sites/s-9/sensors", 404)


async def test_pages_of_sensors_and_of_stays_go_on(district: District) -> None:
    at(district, 90)
    for number in range(5):
        await district.ingest(greet(number, sps30(f"A{number}"), boot=f"0000000{number + 1}aaaaaaaa"))
    for path in ("sensors", "nodes/n-1/slots/0/sensors", "sensor-swaps"):
        whole = (await district.read(path))["items"]
        first = await district.read(path, limit=3)
        rest = await district.read(path, limit=3, cursor=first["next"])
        assert first["items"] + rest["items"] == whole and rest["next"] is None


async def test_a_node_that_names_another_sensor_each_time_is_not_believed_for_ever(district: District) -> None:
    at(district, 900)
    for begin in range(0, MOST_STAYS + 10, 170):
        await district.ingest(*(greet(seq / 60, sps30(f"A{seq}"), seq=seq) for seq in range(begin, begin + 170)))
    query = f"SELECT count FROM limit_counter WHERE name = '{NOT_NOTICED}'"
    assert district.service.read(lambda connection: connection.exec_driver_sql(query).scalar()) == 10
    assert district.service.read(lambda connection: connection.exec_driver_sql("SELECT count(*) FROM sensor_stay").scalar()) == MOST_STAYS


async def test_texts_of_a_part_that_no_column_takes_are_kept_as_they_can_be(district: District) -> None:
    await district.ingest(greet(1, [0, "p\x00art" * 30, "s\x00" * 300], ["1", 2, 3]), greet(1, [0, "x", "'; DROP TABLE sensor"], seq=1))
    assert (await district.read("sensors"))["items"]
