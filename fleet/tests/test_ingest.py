"""The record of what nodes sent: once, byte for byte, with a ledger that agrees."""

import asyncio
import gzip
import threading
from pathlib import Path
from typing import Any

import pytest

from fleet.record.ingest.items import Batch, read_batch
from fleet.tests.district import BOOT, LATER_BOOT, PM2_5, START_MS, TVOC, District, envelope, event, hello, open_district, raw, report


async def test_items_are_kept_byte_for_byte(district: District) -> None:
    body = b'{ "q":1,"s":5,"d":1000, "c":0,"ch":[],"later":{"field":1} ,"q":1}'
    whole = b'{"items":[' + raw({**report(1), "body": 0}).replace(b'"body": 0', b'"body": ' + body) + b"]}"
    headers = {"Authorization": f"Bearer {district.gateway_token}"}
    response = await district.client.post("/device/v1/ingest", content=whole, headers=headers)
    assert response.json()["results"] == [{"status": "accepted"}]
    stored = await district.admin("GET", "nodes/n-1/items")
    assert body in stored.content


async def test_a_doubled_batch_is_stored_once_and_counted(district: District) -> None:
    batch = [hello(), report(1), report(2)]
    assert await district.statuses(*batch) == ["accepted"] * 3
    assert await district.statuses(*batch) == ["duplicate"] * 3
    (boot,) = await district.boots()
    assert (boot["received"], boot["duplicates"], boot["highest"]) == (3, 3, 2)
    assert len((await district.read("nodes/n-1/items"))["items"]) == 3


async def test_a_duplicate_within_a_batch_is_found(district: District) -> None:
    assert await district.statuses(report(1), report(1)) == ["accepted", "duplicate"]


async def test_same_numbers_of_another_boot_are_not_duplicates(district: District) -> None:
    assert await district.statuses(report(1), report(1, boot=LATER_BOOT)) == ["accepted", "accepted"]


BAD_ITEMS: dict[str, Any] = {
    "not_an_object": 5,
    "no_body": {key: value for key, value in report(7).items() if key != "body"},
    "node_is_not_an_id": {**report(7), "node": "N 1"},
    "node_with_nul": {**report(7), "node": "n\x00"},
    "boot_is_not_an_id": {**report(7), "boot": "1"},
    "seq_is_text": {**report(7), "seq": "7"},
    "seq_beyond_31_bits": {**report(7), "seq": 1 << 31},
    "seq_of_body_differs": {**report(7), "seq": 8},
    "unknown_kind": {**report(7), "kind": "log"},
    "unknown_dating": report(7, how="guess"),
    "time_beyond_53_bits": report(7, start_ms=1 << 60),
    "mean_beyond_32_bits": report(7, [[0, PM2_5, 0, 1, 10**30, 0, 10**31]]),
    "unknown_quantity": report(7, [[0, 999, 0, 0]]),
    "same_channel_twice": report(7, [[0, PM2_5, 2, 0], [0, PM2_5, 2, 0]]),
    "float_in_body": envelope(7, "report", {"s": 7, "d": 1000, "c": 0, "ch": [[0, PM2_5, 0, 1, 1.5, 1, 2]]}),
    "longer_than_a_message": event(7, "x", {"text": "y" * 9000}),
}


@pytest.mark.parametrize("bad", BAD_ITEMS.values(), ids=BAD_ITEMS.keys())
async def test_a_bad_item_harms_no_other(district: District, bad: Any) -> None:
    results = await district.ingest(report(1), bad, report(2))
    assert [result["status"] for result in results] == ["accepted", "refused", "accepted"]
    assert results[1]["reason"] == "bad_item" and results[1]["detail"]
    gateway = await district.read("gateways/g-1")
    assert [(refusal["reason"], refusal["count"]) for refusal in gateway["refused"]] == [("bad_item", 1)]


async def test_one_bad_item_among_500_is_counted_in_the_ledger_of_its_boot(district: District) -> None:
    batch = [report(seq) for seq in range(500)]
    batch[0]["body"]["d"] = 0
    assert (await district.statuses(*batch)).count("accepted") == 499
    (boot,) = await district.boots()
    assert (boot["received"], boot["refused"], boot["missing"]) == (499, 1, [[0, 0]])


async def test_no_gateway_delivers_for_a_node_of_another(district: District) -> None:
    other = await district.add_gateway("g-2")
    assert [result["reason"] for result in await district.ingest(report(1), token=other)] == ["not_of_this_gateway"]
    assert [result["reason"] for result in await district.ingest(report(1, node="n-9"))] == ["unknown_node"]
    assert await district.boots() == []


UNREADABLE = {
    "empty": b"",
    "truncated": b'{"items":[{"node":"n-1"',
    "not_json": b"hello",
    "a_list": b"[]",
    "no_items": b"{}",
    "items_is_text": b'{"items":"all"}',
    "nested_for_ever": b'{"items":[' + b"[" * 200_000 + b"]" * 200_000 + b"]}",
    "followed_by_more": b'{"items":[]}{"items":[]}',
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_an_unreadable_body_is_refused_whole(district: District, body: bytes) -> None:
    response = await district.client.post("/device/v1/ingest", content=body, headers={"Authorization": f"Bearer {district.gateway_token}"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"


async def test_a_batch_cut_short_stores_nothing(district: District) -> None:
    whole = raw({"items": [report(1), report(2)]})
    headers = {"Authorization": f"Bearer {district.gateway_token}"}
    assert (await district.client.post("/device/v1/ingest", content=whole[:-2], headers=headers)).status_code == 400
    assert await district.boots() == []


async def test_gzip_is_read_and_a_gzip_bomb_is_refused(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.gateway_token}", "Content-Encoding": "gzip"}
    good = gzip.compress(raw({"items": [report(1)]}))
    assert (await district.client.post("/device/v1/ingest", content=good, headers=headers)).json()["results"] == [{"status": "accepted"}]
    bomb = gzip.compress(b'{"items":[' + b" " * (64 << 20))
    assert (await district.client.post("/device/v1/ingest", content=bomb, headers=headers)).status_code == 413
    assert (await district.client.post("/device/v1/ingest", content=good[:-3], headers=headers)).status_code == 400


async def test_more_than_the_limits_is_413_as_a_problem(district: District) -> None:
    headers = {"Authorization": f"Bearer {district.gateway_token}"}
    for content in (b" " * ((4 << 20) + 1), raw({"items": [0] * 1001})):
        response = await district.client.post("/device/v1/ingest", content=content, headers=headers)
        assert response.status_code == 413
        assert response.headers["content-type"] == "application/problem+json"
    full = await district.client.post("/device/v1/ingest", content=raw({"items": [0] * 1000}), headers=headers)
    assert full.status_code == 200


async def test_no_data_is_a_value_with_a_reason_and_a_time(district: District) -> None:
    await district.ingest(report(1, [[0, PM2_5, 0, 10, 1234, 1200, 1300], [1, TVOC, 2, 0]]))
    (node,) = (await district.read("latest"))["items"]
    ok, silent = node["channels"]
    assert (ok["value"], ok["unit"], ok["quality"]) == (12.34, "ug/m3", "ok")
    assert (silent["quantity"], silent["value"], silent["quality"], silent["start_ms"]) == ("tvoc", None, "no_reply", START_MS + 10_000)


async def test_concurrent_deliveries_of_the_same_items_store_each_once(district: District) -> None:
    batch = [report(seq) for seq in range(40)]
    answers = await asyncio.gather(*(district.statuses(*batch) for _ in range(8)))
    accepted = [statuses.count("accepted") for statuses in answers]
    assert sum(accepted) == 40
    (boot,) = await district.boots()
    assert (boot["received"], boot["duplicates"]) == (40, 280)


async def test_missing_ranges_close_when_late_items_come(district: District) -> None:
    await district.ingest(report(0), report(4), report(5))
    (boot,) = await district.boots()
    assert boot["missing"] == [[1, 3]]
    assert await district.statuses(report(2)) == ["accepted"]
    (boot,) = await district.boots()
    assert boot["missing"] == [[1, 1], [3, 3]]


async def test_what_a_node_dropped_is_in_the_ledger_with_its_reason(district: District) -> None:
    dropped = event(6, "dropped", {"from": 1, "to": 4, "why": "ram_full"})
    await district.ingest(report(0), report(3), dropped, dropped)
    (boot,) = await district.boots()
    # 3 came after all: the node had given up what its gateway already held.
    assert boot["dropped"] == [{"from": 1, "to": 2, "why": "ram_full"}, {"from": 4, "to": 4, "why": "ram_full"}]
    assert boot["missing"] == [[5, 5]]


async def test_what_a_node_dropped_of_an_earlier_boot_is_in_the_ledger_of_that_boot(district: District) -> None:
    await district.ingest(event(0, "dropped", {"b": LATER_BOOT, "from": 3, "to": 5, "why": "spool_full"}))
    boots = {boot["boot"]: boot for boot in await district.boots()}
    assert boots.pop(LATER_BOOT)["dropped"] == [{"from": 3, "to": 5, "why": "spool_full"}]
    assert [boot["dropped"] for boot in boots.values()] == [[]]


async def test_what_a_gateway_dropped_is_in_the_ledger_even_of_a_boot_never_heard_of(district: District) -> None:
    tombstones = [{"node": "n-1", "boot": LATER_BOOT, "from": 0, "to": 9, "why": "buffer full"}, {"node": "n-1"}]
    response = await district.device("POST", "ingest", {"items": [], "dropped": tombstones})
    assert response.json()["dropped"] == 2
    (boot,) = await district.boots()
    assert (boot["boot"], boot["received"], boot["dropped"]) == (LATER_BOOT, 0, [{"from": 0, "to": 9, "why": "buffer full"}])
    gateway = await district.read("gateways/g-1")
    assert [refusal["reason"] for refusal in gateway["refused"]] == ["bad_tombstone"]


async def test_a_dropped_event_that_tells_no_range_is_kept_and_counted(district: District) -> None:
    assert await district.statuses(event(1, "dropped", {"from": 9, "to": 1, "why": "?"})) == ["accepted"]
    gateway = await district.read("gateways/g-1")
    assert [refusal["reason"] for refusal in gateway["refused"]] == ["bad_tombstone"]


async def test_a_later_boot_ends_an_earlier_one_whatever_order_they_come_in(district: District) -> None:
    await district.ingest(hello(boot=LATER_BOOT, rc="watchdog"))
    await district.ingest(hello(boot=BOOT))
    boots = {boot["boot"]: boot for boot in await district.boots()}
    assert (boots[BOOT]["ended"], boots[BOOT]["ended_by"]) == (True, LATER_BOOT)
    assert (boots[LATER_BOOT]["ended"], boots[LATER_BOOT]["reset_cause"]) == (False, "watchdog")


async def test_text_of_a_node_that_a_database_cannot_hold_is_made_fit(district: District) -> None:
    assert await district.statuses(hello(rc="a\x00b")) == ["accepted"]
    assert (await district.boots())[0]["reset_cause"] == "a\ufffdb"


async def test_no_gateway_dates_or_drops_items_of_another(district: District) -> None:
    other = await district.add_gateway("g-2")
    await district.ingest(report(1, how="bounds", start_ms=5, error_ms=100), report(2))
    anchor = {"node": "n-1", "boot": BOOT, "offset_ms": START_MS, "error_ms": 1}
    given_up = {"node": "n-1", "boot": BOOT, "from": 0, "to": 0, "why": "none of yours"}
    await district.ingest(token=other, anchors=[anchor], dropped=[given_up])
    assert (await district.read("nodes/n-1/items"))["items"][0]["time"]["start_ms"] == 5
    (boot,) = await district.boots()
    assert (boot["missing"], boot["dropped"]) == ([[0, 0]], [])


async def test_numbers_given_up_by_the_ledger_are_still_taken_once(district: District) -> None:
    # More gaps than the ledger keeps: the lowest are given up, and only the items themselves know what came.
    await district.ingest(*(report(seq) for seq in range(0, 1400, 2)))
    (boot,) = await district.boots()
    assert boot["forgotten"] > 0
    assert await district.statuses(report(1), report(1), report(2)) == ["accepted", "duplicate", "duplicate"]
    (after,) = await district.boots()
    assert (after["received"], after["forgotten"]) == (701, boot["forgotten"] - 1)


async def test_a_batch_that_takes_long_to_judge_delays_no_other_request(district: District, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, answered = threading.Event(), threading.Event()

    def slow(body: bytes) -> Batch:
        begun.set()
        assert answered.wait(20)
        return read_batch(body)

    monkeypatch.setattr("fleet.api.device.ingest.read_batch", slow)
    waiting = asyncio.create_task(district.device("POST", "ingest", {"items": []}))
    await asyncio.to_thread(begun.wait, 20)
    assert (await district.client.get("/healthz")).status_code == 200
    answered.set()
    assert (await waiting).status_code == 200


async def test_the_answer_names_the_time_of_the_fleet(district: District) -> None:
    district.time.now_ms += 1234
    answer = (await district.device("POST", "ingest", {"items": []})).json()
    assert answer == {"results": [], "dropped": 0, "utc_ms": START_MS + 1234}


async def test_a_misbehaving_gateway_gets_a_time_to_retry_and_others_do_not(state: Path) -> None:
    async with open_district(state, ingest_requests_per_s=5) as district:
        other = await district.add_gateway("g-2")
        answers = [await district.device("POST", "ingest", {"items": []}) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert answers[10].headers["retry-after"] == "1"
        assert (await district.device("POST", "ingest", {"items": []}, other)).status_code == 200
        district.time.now_ms += 1000
        assert (await district.device("POST", "ingest", {"items": []})).status_code == 200


async def test_unknown_fields_of_a_report_do_not_hide_its_values(district: District) -> None:
    later = report(1)
    later["body"]["x"] = {"new": [1, 2]}
    assert await district.statuses(later, envelope(2, "event", {"s": 1, "k": "k", "a": {}, "y": "z"})) == ["accepted", "accepted"]
    assert (await district.read("latest"))["items"][0]["channels"][0]["value"] == 12.34


async def test_an_unknown_field_is_not_taken_for_a_settings_version(district: District) -> None:
    assert await district.statuses(hello(), envelope(1, "event", {"s": 1, "k": "k", "a": {}, "c": "later"})) == ["accepted", "accepted"]
    assert (await district.read("nodes/n-1/settings"))["in_force"] == 0


async def test_a_time_beyond_every_calendar_harms_no_page(district: District) -> None:
    await district.ingest(report(1, start_ms=(1 << 53) - 1))
    for path in ("/", "/live/overview", "/nodes/n-1", "/alarms", "/live/chart.json?quantity=pm2_5_cf1"):
        assert (await district.client.get(path)).status_code == 200, path
