"""The configuration: a good one is taken, and of a bad one every fault is named with key, value and what is allowed."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from gateway.configuration import SECTIONS, Configuration, allowed, is_required, load, validate
from gateway.errors import ConfigurationError

_LEAST: dict[str, Any] = {"gateway": {"state": "/var/lib/airgrid-gateway"}, "fleet": {"url": "https://fleet.example:8443/base"}}


def _faults(document: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        validate(document)
    return caught.value.faults


def test_state_and_fleet_are_all_that_must_be_said() -> None:
    configuration = validate(_LEAST)
    assert isinstance(configuration, Configuration)
    assert configuration.state == Path("/var/lib/airgrid-gateway")
    assert configuration.mqtt.port == 1883


def test_an_empty_file_lacks_both() -> None:
    assert _faults({}) == ["gateway.state: required; an absolute path", "fleet.url: required; http:// or https:// and a host, no user"]


_FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "too small": ({"fleet": {"timeout_s": 0}}, "fleet.timeout_s = 0: must be an integer, 1 to 600"),
    "too great": ({"mqtt": {"port": 65536}}, "mqtt.port = 65536: must be an integer, 1 to 65535"),
    "a truth value": ({"mqtt": {"port": True}}, "mqtt.port = True: must be an integer, 1 to 65535"),
    "a fraction": ({"buffer": {"commit_window_ms": 1.5}}, "buffer.commit_window_ms = 1.5: must be an integer, 0 to 1000"),
    "text for a number": ({"mqtt": {"port": "1883"}}, "mqtt.port = '1883': must be an integer, 1 to 65535"),
    "no choice": ({"gateway": {"log_level": "loud"}}, "gateway.log_level = 'loud': must be one of debug, info, warning, error"),
    "relative path": ({"gateway": {"state": "state"}}, "gateway.state = 'state': must be an absolute path"),
    "no address": ({"fleet": {"url": "fleet.example"}}, "fleet.url = 'fleet.example': must be http:// or https:// and a host, no user"),
    "bad port in it": ({"fleet": {"url": "http://f:x"}}, "fleet.url = 'http://f:x': must be http:// or https:// and a host, no user"),
    "a password in it": ({"fleet": {"url": "http://u:p@f"}}, "fleet.url = 'http://u:p@f': must be http:// or https:// and a host, no user"),
    "a secret": ({"mqtt": {"password": 5}}, "mqtt.password = (hidden): must be text"),
}


@pytest.mark.parametrize("case", _FAULTS.values(), ids=_FAULTS.keys())
def test_a_fault_names_key_value_and_what_is_allowed(case: tuple[dict[str, Any], str]) -> None:
    document = {name: dict(keys) for name, keys in _LEAST.items()}
    for name, keys in case[0].items():
        document[name] = document.get(name, {}) | keys
    assert _faults(document) == [case[1]]


def test_every_fault_is_listed_and_unknown_names_are_faults() -> None:
    faults = _faults({**_LEAST, "mqtt": {"prot": 1, "port": 0}, "mqqt": {}, "limits": 5})
    assert [fault.split(":")[0] for fault in faults] == ["[mqqt]", "mqtt.prot", "mqtt.port = 0", "limits"]


def test_every_key_has_a_meaning_and_every_limit_its_unit() -> None:
    units = (
        "_s",
        "_ms",
        "_days",
        "_bytes",
        "_items",
        "_rows",
        "_messages",
        "_percent",
        "_lines",
        "_nodes",
        "_ppm",
        "_per_s",
        "nodes",
        "connections",
    )
    for section in SECTIONS.values():
        for key in fields(section):
            assert key.metadata["meaning"] and allowed(key)
            if "least" in key.metadata and key.name != "port":
                assert key.name.endswith(units), key.name
                assert not is_required(key)
                assert key.metadata["least"] <= key.default <= key.metadata["greatest"]


@pytest.mark.parametrize("content", [b"[gateway", b"\xff\xfe", None], ids=["not TOML", "not UTF-8", "no file"])
def test_a_file_that_cannot_be_read_is_one_fault(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "gateway.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        load(path)
    assert len(caught.value.faults) == 1 and str(path) in caught.value.faults[0]


def test_ports_are_names_for_devices_and_every_fault_of_them_is_told(tmp_path: Path) -> None:
    good = _with_ports({"rs485_a": "/dev/ttyAMA0", "gps": "/dev/serial/by-id/usb-1"})
    assert validate(good).ports == {"rs485_a": "/dev/ttyAMA0", "gps": "/dev/serial/by-id/usb-1"}
    with pytest.raises(ConfigurationError) as caught:
        validate(_with_ports({"A b": "/dev/x", "c": "ttyUSB0", "d": 5, "e": "/dev/y", "f": "/dev/y"}))
    assert [fault.split(":")[0].split(" =")[0] for fault in caught.value.faults] == [
        "ports.A b",
        "ports.c",
        "ports.d",
        "ports.e",
        "ports.f",
    ]


def _with_ports(ports: dict[str, Any]) -> dict[str, Any]:
    return {"gateway": {"state": "/s"}, "fleet": {"url": "http://f"}, "ports": ports}
