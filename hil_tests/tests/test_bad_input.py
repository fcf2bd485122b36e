"""What must never be believed: refused with its reason and counted, while everything else goes on."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contract import topics
from contract.authentication import seal
from hil_tests.district import District
from hil_tests.load_node import LoadNode, hello, report
from hil_tests.plan import one_node
from hil_tests.processes import wait_until

pytestmark = pytest.mark.hil

BOOT = "00000001abad1dea"
SITE = "east-gate"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[District]:
    with District(one_node(period_ms=1000), tmp_path_factory.mktemp("bad-input")) as made:
        made.start()
        made.wait_for_items(3, within_s=60)
        yield made


@pytest.fixture(scope="module")
def speaker(running: District) -> Iterator[LoadNode]:
    """A well-behaved node beside the attacks: after each of them it is still served."""
    key = bytes.fromhex(running.fleet.api.post("nodes", {"id": "speaker", "gateway": f"gw-{SITE}", "site": SITE})["key"])
    with closing(LoadNode("speaker", key, BOOT, running.gateways[SITE].broker.port)) as node:
        node.send("hello", [hello(0)])
        node.wait_for_acks(within_s=30)
        yield node


def counters(district: District) -> dict[str, int]:
    shown: dict[str, int] = district.gateways[SITE].status()["counters"]
    return shown


def counted(district: District, name: str, before: dict[str, int], least: int = 1) -> None:
    wait_until(
        lambda: counters(district).get(name, 0) >= before.get(name, 0) + least,
        within_s=10,
        what=f"counter {name} rising by {least}; it shows {counters(district)}",
        every_s=0.2,
    )


def still_served(speaker: LoadNode) -> None:
    seq = max(speaker.sent_at) + 1
    speaker.send("report", [report(seq, seq * 1000)])
    speaker.wait_for_acks(within_s=10)


UP_REPORT = topics.topic("up", "speaker", "report")
BODY = json.dumps({"b": BOOT, "i": [report(5000, 1)]}).encode()

# what happened, topic, payload, the gateway's counter of it
ATTACKS: list[tuple[str, str, Callable[[LoadNode], bytes], str]] = [
    ("wrong_mac", UP_REPORT, lambda node: seal(b"?" * 32, "up", "speaker", "report", BODY), "refused.bad_mac"),
    ("seal_of_another_type", UP_REPORT, lambda node: node.sealed("event", {"b": BOOT, "i": []}), "refused.bad_mac"),
    ("no_seal", UP_REPORT, lambda node: b"{}", "refused.no_seal"),
    ("unknown_node", topics.topic("up", "stranger", "report"), lambda node: node.sealed("report", {}), "refused.unknown_node"),
    ("one_mebibyte", UP_REPORT, lambda node: b"x" * (1 << 20), "refused.too_long"),
    ("not_json", UP_REPORT, lambda node: node.sealed_bytes("report", b"{not json"), "refused.bad_message"),
    ("wrong_shape", UP_REPORT, lambda node: node.sealed("report", {"b": BOOT, "i": [{"q": "seven"}]}), "refused.bad_item"),
    ("unknown_type", topics.topic("up", "speaker", "dance"), lambda node: node.sealed("dance", {}), "refused.unknown_type"),
    ("garbage_topic", topics.PREFIX + "up/No Such Node!/report", lambda node: b"\x00\xff" * 40, "refused.bad_topic"),
]


@pytest.mark.parametrize(("topic", "payload", "counter"), [row[1:] for row in ATTACKS], ids=[row[0] for row in ATTACKS])
def test_the_gateway_refuses_and_counts(
    running: District, speaker: LoadNode, topic: str, payload: Callable[[LoadNode], bytes], counter: str
) -> None:
    before = counters(running)
    speaker.publish_raw(topic, payload(speaker))
    counted(running, counter, before)
    still_served(speaker)


def test_a_replayed_report_is_in_the_record_once(running: District, speaker: LoadNode) -> None:
    seq = max(speaker.sent_at) + 1
    item = report(seq, seq * 1000)
    speaker.send("report", [item])
    speaker.wait_for_acks(within_s=10)
    before = counters(running)
    for _ in range(5):
        speaker.publish_raw(UP_REPORT, speaker.sealed("report", {"b": BOOT, "i": [item]}))
    counted(running, "items.duplicate", before, least=5)
    wait_until(lambda: sum(i["seq"] == seq for i in running.items("speaker")) == 1, within_s=10, what="the report in the record")
    still_served(speaker)


class Device:
    """The device API as a gateway speaks it, with a token of its own."""

    def __init__(self, district: District, state: Path) -> None:
        self.url = district.fleet.url
        self.token = json.loads((state / "identity.json").read_text())["token"]

    def ingest(self, body: bytes) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(f"{self.url}/device/v1/ingest", data=body, method="POST")
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def device(running: District) -> Device:
    return Device(running, running.gateways[SITE].state)


def batch(boot: str, count: int) -> dict[str, Any]:
    def item(seq: int) -> dict[str, Any]:
        dating = {"how": "bounds", "start_ms": 1_700_000_000_000, "error_ms": 60_000}
        return {"node": "speaker", "boot": boot, "seq": seq, "kind": "report", "arrived_ms": 1, "time": dating, "body": report(seq, seq)}

    return {"items": [item(seq) for seq in range(count)], "anchors": []}


def test_one_bad_item_among_500_harms_no_other(running: District, device: Device) -> None:
    body = batch("00000002abad1dea", 500)
    body["items"][250]["body"] = {"q": 250, "s": "yesterday"}
    status, answer = device.ingest(json.dumps(body).encode())
    results = [result["status"] for result in answer["results"]]
    assert status == 200 and results == ["accepted"] * 250 + ["refused"] + ["accepted"] * 249
    assert answer["results"][250]["reason"] == "bad_item"
    boot = next(boot for boot in running.ledger("speaker") if boot["boot"] == "00000002abad1dea")
    assert boot["received"] == 499 and boot["missing"] == [[250, 250]] and boot["refused"] == 1


def test_a_truncated_batch_stores_nothing(running: District, device: Device) -> None:
    body = json.dumps(batch("00000003abad1dea", 100)).encode()
    status, problem = device.ingest(body[: len(body) // 2])
    assert status == 400 and problem["title"]
    assert "00000003abad1dea" not in [boot["boot"] for boot in running.ledger("speaker")]


def test_a_doubled_batch_is_in_the_record_once(running: District, device: Device) -> None:
    body = batch("00000004abad1dea", 100)
    assert device.ingest(json.dumps(body).encode())[0] == 200
    body["items"] = body["items"] + body["items"]
    status, answer = device.ingest(json.dumps(body).encode())
    assert status == 200 and {result["status"] for result in answer["results"]} == {"duplicate"}
    boot = next(boot for boot in running.ledger("speaker") if boot["boot"] == "00000004abad1dea")
    assert boot["received"] == 100 and boot["duplicates"] == 200


def test_the_real_node_noticed_nothing(running: District, speaker: LoadNode) -> None:
    # Last in the file: after all of the above, the board's own reports have no gap.
    still_served(speaker)
    (boot,) = running.ledger("east-1")
    assert boot["missing"] == [] and boot["received"] == boot["highest"] + 1
