"""What a node answers is a table with units for a person, and named fields for a program."""

from typing import Any

import pytest
from rich.console import Console

from contract.quantities import ID
from technician import answers

LINK = [
    ["wifi", True, "-61 dBm"],
    ["address", True, "10.0.0.7"],
    ["broker", False, "10.0.0.2:1883: no answer"],
    ["login", None, "not tried"],
]
STATUS = {"node": "n-1", "gateway": "g-1", "site": "s-1", "hw": "esp32", "fw": "0.1.0", "boot": "ab", "link": LINK, "settings": 7}
SENSORS = {
    "parts": [[0, "pms5003", "firmware 151"]],
    answers.VALUES: [[0, ID["pm2_5_atm"], "ok", 3, 1234, 1000, 2000], [0, 999, "no_reply"], [1, ID["tvoc"], "no_reply", 0]],
    "counters": [[0, "rejected", 2]],
}


def printed(command: str, answer: dict[str, Any]) -> str:
    console = Console(width=140, record=True)
    with console.capture() as captured:
        console.print(answers.shown(command, answer))
    return captured.get()


def test_status_says_who_the_node_is_and_what_to_do_about_the_step_that_fails() -> None:
    text = printed("status", STATUS)
    for word in ("n-1", "g-1", "s-1", "esp32", "-61 dBm", "no answer", "Next: check --broker", "settings", "7"):
        assert word in text
    assert "Next:" not in printed("status", {**STATUS, "link": LINK[:2]})


def test_a_node_of_an_older_firmware_is_shown_as_far_as_it_tells() -> None:
    assert "unknown" in printed("status", {"fw": "0.0.9", "boot": "ab"})


def test_values_have_their_names_units_and_decimals() -> None:
    text = printed("sensors", SENSORS)
    assert all(word in text for word in ("PM2.5", "12.34", "ug/m3", "no reply", "rejected"))
    values = answers.for_programs(SENSORS)["values"]
    assert values[0] == {
        "slot": 0, "quantity": "pm2_5_atm", "unit": "ug/m3", "quality": "ok", "n": 3, "mean": 12.34, "least": 10.0, "greatest": 20.0,
    }  # fmt: skip
    assert (values[1]["quantity"], values[1]["mean"]) == ("999", None)
    assert answers.for_programs(STATUS) == STATUS


@pytest.mark.parametrize(
    ("command", "answer", "told"),
    [
        ("selftest", {"ok": False, "checks": [["link", False, "wifi: wrong password"], ["flash", True, "ok"]]}, "Next: check --ssid"),
        ("set", {"ok": False, "faults": [["period_ms", "an integer"]]}, "period_ms: an integer"),
        ("set", {"ok": True, "until": "the node restarts"}, "until: the node restarts"),
        ("raw", {"port": 1, "bytes": [["sent", "0103"]], "cut": True}, "01 03"),
        ("help", {"commands": [["raw <port> [seconds]", "bytes"]]}, "raw <port> [seconds]"),
        ("dance", {"error": "no such command: dance", "commands": [["help", "this"]]}, "no such command: dance"),
    ],
    ids=["selftest", "refused", "changed", "raw", "help", "unknown"],
)
def test_every_answer_is_a_table_or_a_sentence(command: str, answer: dict[str, Any], told: str) -> None:
    assert told in printed(command, answer)


def test_every_step_of_a_link_has_a_remedy() -> None:
    assert set(answers.REMEDIES) == {"wifi", "address", "broker", "login", "gateway", "wire"}
