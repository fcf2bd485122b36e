"""The words and keys of the device API stand in contract/site only: either end and every stand-in imports them."""

import ast
from collections.abc import Iterator

from contract.site import device_api
from contract.site import device_api_keys as keys
from hil_tests.architecture.source import Source
from hil_tests.source_tree import sources

# Nobody outside the home writes these, whatever it is about.
DISTINCTIVE = {
    device_api.TIME_HEADER, device_api.PROBLEM_TYPE, device_api.RETRY_AFTER_HEADER, device_api.ACCEPTED, device_api.ON_TRIAL,
    device_api.NOT_OF_THIS_GATEWAY, *device_api.PART_REFUSALS, keys.OFFSET_MS, keys.CONFIG_KEYS, keys.ED25519,
}  # fmt: skip
# These speak it: no word and no key of it is a literal there, however common.
SPEAKERS = (
    "gateway/uplink/", "gateway/desired/poll.py", "gateway/desired/trial.py", "gateway/desired/lifecycle.py",
    "fleet/api/device/", "fleet/http/time_header.py", "fleet/record/ingest/items.py", "fleet/record/ingest/record.py",
    "hil_tests/stand_in_fleet/", "hil_tests/soak_record.py", "hil_tests/bench/fast_fleet.py",
)  # fmt: skip
ALL = {value for home in (device_api, keys) for name, value in vars(home).items() if name.isupper() and isinstance(value, str)}
# (path, word) -> what else it means there.
ANOTHER_MEANING = {
    ("fleet/api/device/ingest.py", keys.ITEMS): "JSON Schema: of an array",
    ("fleet/record/ingest/items.py", keys.ITEMS): "the unit of a limit, in an error",
    ("fleet/record/ingest/items.py", keys.OK): "a field of a node's message",
    ("hil_tests/bench/fast_fleet.py", keys.NODE): "a key of the desired document",
    ("hil_tests/bench/fast_fleet.py", keys.ITEMS): "a key of the lines that it prints",
    ("hil_tests/stand_in_fleet/problems.py", keys.STATUS): "a member of a problem (RFC 9457)",
    ("hil_tests/stand_in_fleet/problems.py", keys.DETAIL): "a member of a problem (RFC 9457)",
    ("fleet/api/device/desired.py", keys.GATEWAY): "a kind of who acts, in the list of changes",
    ("gateway/uplink/sending_task.py", keys.ITEMS): "a field of a log record",
    ("gateway/uplink/sending_task.py", keys.REASON): "a field of a log record",
    ("gateway/uplink/sender.py", keys.REASON): "a field of a log record",
    ("gateway/uplink/sender.py", keys.NODE): "a field of a log record",
    ("gateway/uplink/sender.py", keys.BOOT): "a field of a log record",
    ("gateway/uplink/sender.py", keys.SEQ): "a field of a log record",
    ("gateway/uplink/plain_http.py", device_api.REFUSED): "a value of a key of gateway.toml",
    ("gateway/uplink/fleet_faults.py", keys.DETAIL): "a member of a problem (RFC 9457)",
    ("gateway/uplink/tls.py", keys.REASON): "an attribute of an error",
    ("gateway/uplink/token_rotation.py", keys.TOKEN): "the subject of an error",
    ("gateway/desired/poll.py", keys.REASON): "a field of a log record",
}


def of_both_ends() -> list[Source]:
    """Tests aside: what they claim stands there in full. Fakes and fixtures are no tests."""
    ends = ("gateway", "fleet", "hil_tests", "technician")
    return [source for source in sources() if source.package in ends and not source.path.split("/")[-1].startswith("test_")]


def literals(source: Source) -> Iterator[tuple[str, int]]:
    """(text, line) of every string that is no docstring."""
    docstrings = {id(element.value) for element in ast.walk(source.tree) if isinstance(element, ast.Expr)}
    for element in ast.walk(source.tree):
        if isinstance(element, ast.Constant) and isinstance(element.value, str) and id(element) not in docstrings:
            yield element.value, element.lineno


def test_a_distinctive_word_of_the_device_api_stands_in_its_home_only() -> None:
    wrong = [f"{source.path}:{line}: {text!r}" for source in of_both_ends() for text, line in literals(source) if text in DISTINCTIVE]
    assert not wrong


def test_nobody_writes_a_path_of_the_device_api() -> None:
    wrong = [f"{source.path}:{line}: {text!r}" for source in of_both_ends() for text, line in literals(source) if "device/v1" in text]
    assert not wrong


def test_who_speaks_the_device_api_writes_none_of_its_words() -> None:
    found = {
        (source.path, text): f"{source.path}:{line}: {text!r}"
        for source in of_both_ends()
        if any(source.path == name or (name.endswith("/") and source.path.startswith(name)) for name in SPEAKERS)
        for text, line in literals(source)
        if text in ALL
    }
    assert not [where for key, where in found.items() if key not in ANOTHER_MEANING]
    assert not [key for key in ANOTHER_MEANING if key not in found], "an exception that nothing needs any more"


def test_every_speaker_exists() -> None:
    paths = [source.path for source in sources()]
    assert not [name for name in SPEAKERS if not any(path == name or path.startswith(name) for path in paths)]
