"""The configuration file: TOML in, one frozen object out, or every fault at once. Reads nothing else and connects to nothing.

Every key is a field of a dataclass below; its default, its range and its meaning stand beside it, and `--help` prints them.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from contract.site.sources import is_name
from contract.values import MAX_KEY
from gateway.errors import ConfigurationError
from gateway.outputs.configured import ALLOWED as OUTPUT_ALLOWED
from gateway.outputs.configured import is_output
from host.errors import UnreadableError
from host.toml_file import ReadBy, read_toml

URL_ALLOWED = "http:// or https:// and a host, no user"
_LEVELS = ("debug", "info", "warning", "error")


def _number(default: int, least: int, greatest: int, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning, "least": least, "greatest": greatest})


def _text(meaning: str, default: str | None = None, choices: tuple[str, ...] = (), kind: str = "text") -> Any:
    metadata = {"meaning": meaning, "choices": choices, "kind": kind}
    return field(metadata=metadata) if default is None else field(default=default, metadata=metadata)


@dataclass(frozen=True)
class GatewaySection:
    state: str = _text("folder that holds identity.json, buffer.sqlite and desired.json", kind="path")
    clock_error_ms: int = _number(1000, 0, 86_400_000, "bound of the error of this machine's clock while it is synchronised")
    clock: str = _text(
        "auto: this machine's clock while the kernel says that it is synchronised, else the fleet's answers; system: always this machine's",
        "auto",
        ("auto", "system"),
    )
    drift_ppm: int = _number(200, 1, 10_000, "bound of the drift of a node's clock between synchronisations")
    undated_age_s: int = _number(604_800, 60, 31_536_000, "oldest that an undated item may be when it arrives")
    log_level: str = _text("least level that is logged", "info", _LEVELS)


@dataclass(frozen=True)
class FleetSection:
    url: str = _text("address of the fleet service, such as https://fleet.example", kind="url")
    plain_http: str = _text(
        "whether http:// to another machine is wanted: anybody on the way reads and changes everything",
        "refused",
        ("refused", "allowed"),
    )
    ca_file: str = _text("certificates of the authorities that may vouch for the fleet, PEM; empty: those of the system", "", kind="path")
    timeout_s: int = _number(30, 1, 600, "longest wait for an answer (a long poll: on top of its wait)")
    poll_wait_s: int = _number(25, 1, 300, "how long the fleet may hold a question for the desired document")
    trial_s: int = _number(
        600, 1, 86_400, "trial of a desired document, beside two periods of its slowest node; then the last good one returns"
    )
    report_interval_s: int = _number(60, 1, 86_400, "pause between two reports of counters to the fleet")
    batch_items: int = _number(500, 1, 1000, "most items of one batch")
    batch_bytes: int = _number(1_048_576, 16_384, 4_000_000, "most bytes of item bodies in one batch")
    backoff_first_ms: int = _number(500, 10, 60_000, "ceiling of the first wait after a failure")
    backoff_cap_ms: int = _number(60_000, 10, 3_600_000, "ceiling of every wait after a failure")
    backoff_stable_s: int = _number(60, 0, 86_400, "how long all must be well before the ceiling returns to the first")
    retry_after_cap_s: int = _number(3600, 1, 86_400, "longest Retry-After that is obeyed")
    token_age_s: int = _number(2_592_000, 3600, 315_360_000, "age at which a new token is asked for")
    line_bytes_per_s: int = _number(0, 0, 1 << 30, "what the line of this site carries upwards; reports leave room on it; 0: not known")
    reserved_percent: int = _number(20, 1, 45, "share of a known line kept free for alarms, and as much again by history for live reports")
    data_budget_bytes: int = _number(0, 0, 1 << 50, "of a metered line, a calendar month (UTC), both ways; 0: none")
    data_budget_rule: str = _text(
        "when that is used up: finished hours of reports become hourly summaries, which go; or reports wait for the next month",
        "summaries",
        choices=("summaries", "wait"),
    )
    data_warning_percent: int = _number(80, 1, 99, "share of that budget at which an event warns")
    history_bytes_per_s: int = _number(0, 0, 1 << 30, "cap on sending reports older than half a minute; 0: none")


@dataclass(frozen=True)
class MqttSection:
    host: str = _text("broker of the site", "127.0.0.1")
    port: int = _number(1883, 1, 65_535, "port of the broker")
    user: str = _text("name at the broker; empty: none", "")
    password: str = _text("password at the broker", "")
    access_folder: str = _text("folder of the broker's password file, written for the nodes; empty: none", "", kind="path or empty")
    keepalive_s: int = _number(30, 5, 600, "MQTT keepalive")
    timeout_s: int = _number(10, 1, 120, "longest wait for the broker")
    backoff_first_ms: int = _number(500, 10, 60_000, "ceiling of the first wait after a failure")
    backoff_cap_ms: int = _number(30_000, 10, 3_600_000, "ceiling of every wait after a failure")
    backoff_stable_s: int = _number(30, 0, 86_400, "how long the link must hold before the ceiling returns to the first")


@dataclass(frozen=True)
class BufferSection:
    budget_bytes: int = _number(1_073_741_824, 1_048_576, 1 << 40, "buffer, log, files set aside; full: oldest minutes become hours")
    commit_window_ms: int = _number(10, 0, 1000, "longest wait to gather a group commit under load; 0 in quiet, always")
    commit_least_ms: int = _number(0, 0, 1000, "least time from one commit to the next, also in quiet; 1000 spares an SD card")
    pending_rows: int = _number(20_000, 100, 1_000_000, "items in memory that wait for their commit; full: intake waits")
    sent_retention_s: int = _number(
        86_400, 0, 31_536_000, "how long items are kept from their arrival when the fleet has them: for rules after a start, and export"
    )
    refused_rows: int = _number(10_000, 0, 1_000_000, "items kept that were refused; full: the oldest goes")
    gap_rows: int = _number(100_000, 100, 10_000_000, "records kept of what was lost and why; full: the oldest goes")


@dataclass(frozen=True)
class LimitsSection:
    queue_messages: int = _number(10_000, 10, 1_000_000, "messages waiting for intake; full: the newest is dropped")
    queue_bytes: int = _number(16_777_216, 65_536, 1 << 30, "bytes waiting for intake; full: the newest is dropped")
    queue_share_percent: int = _number(25, 1, 100, "greatest share of the queue that one node and type may fill")
    node_messages_per_s: int = _number(100, 1, 100_000, "messages of one node, sustained; beyond: refused")
    node_burst_messages: int = _number(1000, 1, 1_000_000, "messages of one node at once; beyond: refused")
    unknown_nodes: int = _number(200, 0, 100_000, "unknown nodes that are remembered; full: the one longest silent goes")
    outbox_messages: int = _number(10_000, 10, 1_000_000, "messages to nodes waiting for the link; full: the oldest is dropped")
    log_lines: int = _number(1000, 0, 1_000_000, "log lines of nodes waiting for the fleet; full: the oldest is dropped")
    error_lines: int = _number(100, 1, 10_000, "last errors kept for `status`; full: the oldest goes")


@dataclass(frozen=True)
class WebSection:
    host: str = _text("address of the local status page and the metrics; 0.0.0.0: reachable from the site's network", "127.0.0.1")
    port: int = _number(0, 0, 65_535, "its port; 0: there is none")
    pin: str = _text("local PIN for the alarm test; empty: no test from the page", "", kind="pin")
    names: str = _text("names by which browsers and Prometheus may ask, beside its addresses and localhost; separated by commas", "")
    connections: int = _number(256, 4, 4096, "connections at once; full: the one longest silent without a request under way goes")
    address_connections: int = _number(64, 2, 4096, "connections of one address at once; beyond, its longest silent goes")


@dataclass(frozen=True)
class Configuration:
    gateway: GatewaySection
    fleet: FleetSection
    mqtt: MqttSection
    buffer: BufferSection
    limits: LimitsSection
    web: WebSection
    outputs: dict[str, str] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        return Path(self.gateway.state)


SECTIONS: dict[str, type[Any]] = {
    "gateway": GatewaySection,
    "fleet": FleetSection,
    "mqtt": MqttSection,
    "buffer": BufferSection,
    "limits": LimitsSection,
    "web": WebSection,
}


def _is_absolute(value: object) -> bool:
    return isinstance(value, str) and Path(value).is_absolute()


@dataclass(frozen=True)
class NamedSection:
    """A section whose keys are names that the fleet uses: what each may be, and what they are. `once`: no value stands there twice."""

    meaning: str
    allowed: str
    fits: Callable[[object], bool]
    name_allowed: str = f"1 to {MAX_KEY} characters"
    names: Callable[[str], bool] = lambda name: 1 <= len(name) <= MAX_KEY
    once: bool = False


NAMED_SECTIONS: dict[str, NamedSection] = {
    "outputs": NamedSection("relays, sirens and lamps of this machine, by the names that rules call them", OUTPUT_ALLOWED, is_output),
    "hooks": NamedSection(
        "programs that an alarm may start, by the names that rules call them; without a shell, for 10 s, two at once",
        "an absolute path",
        _is_absolute,
    ),
    "ports": NamedSection(
        "serial devices of this machine, by the names that the sources of the desired document call them; best of /dev/serial/by-id, "
        "whose names stay the same over plugging",
        "an absolute path, another for each port",
        _is_absolute,
        "1 to 32 of a-z, 0-9, - and _",
        is_name,
        once=True,
    ),
}


_READER = ReadBy("airgrid-gateway", "airgrid", "`airgrid-gateway keys` shows every key")


def load(path: Path) -> Configuration:
    """Raises ConfigurationError with every fault."""
    try:
        document = read_toml(path, _READER)
    except UnreadableError as error:
        raise ConfigurationError([str(error)]) from error
    return validate(document)


def validate(document: dict[str, Any]) -> Configuration:
    """Raises ConfigurationError with every fault: the key, its value and what is allowed."""
    known = (*SECTIONS, *NAMED_SECTIONS)
    faults = [f"[{name}]: unknown section; one of {', '.join(known)}" for name in document if name not in known]
    for name, section in SECTIONS.items():
        faults.extend(_section_faults(name, section, document.get(name, {})))
    for name, named in NAMED_SECTIONS.items():
        faults.extend(_named_faults(name, named, document.get(name, {})))
    if faults:
        raise ConfigurationError(faults)
    sections = {name: section(**document.get(name, {})) for name, section in SECTIONS.items()}
    outputs, hooks, ports = (dict(document.get(name, {})) for name in NAMED_SECTIONS)
    return Configuration(**sections, outputs=outputs, hooks=hooks, ports=ports)


def allowed(key: Field[Any]) -> str:
    """What a key may be, in words: for faults and for --help."""
    rule = key.metadata
    if "least" in rule:
        return f"an integer, {rule['least']} to {rule['greatest']}"
    if rule["choices"]:
        return "one of " + ", ".join(rule["choices"])
    return _KINDS[rule["kind"]][0]


def is_required(key: Field[Any]) -> bool:
    return key.default is MISSING


def _section_faults(name: str, section: type[Any], given: object) -> list[str]:
    if not isinstance(given, dict):
        return [f"{name}: not a section; write [{name}]"]
    keys = {key.name: key for key in fields(section)}
    faults = [f"{name}.{key}: unknown key; one of {', '.join(keys)}" for key in given if key not in keys]
    for key in keys.values():
        if key.name not in given:
            if is_required(key):
                faults.append(f"{name}.{key.name}: required; {allowed(key)}")
        elif not _fits(key, given[key.name]):
            shown = "(hidden)" if key.name in ("password", "pin") else repr(given[key.name])
            faults.append(f"{name}.{key.name} = {shown}: must be {allowed(key)}")
    return faults


def _named_faults(name: str, section: NamedSection, given: object) -> list[str]:
    if not isinstance(given, dict):
        return [f"{name}: not a section; write [{name}]"]
    faults = [f"{name}.{key}: a name is {section.name_allowed}" for key in given if not section.names(key)]
    faults += [f"{name}.{key} = {value!r}: must be {section.allowed}" for key, value in given.items() if not section.fits(value)]
    twice = [key for key, value in given.items() if section.once and list(given.values()).count(value) > 1]
    return faults + [f"{name}.{key} = {given[key]!r}: stands there twice" for key in twice]


def _fits(key: Field[Any], value: object) -> bool:
    rule = key.metadata
    if "least" in rule:
        return isinstance(value, int) and not isinstance(value, bool) and rule["least"] <= value <= rule["greatest"]
    if not isinstance(value, str):
        return False
    if rule["choices"]:
        return value in rule["choices"]
    return _KINDS[rule["kind"]][1](value)


def is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        has_address = bool(parts.hostname) and parts.username is None and (parts.port is None or parts.port > 0)
        return parts.scheme in ("http", "https") and has_address
    except ValueError:  # a port that is no number
        return False


def _is_path(text: str) -> bool:
    return Path(text).is_absolute()


def _is_pin(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 4 <= len(text) <= 12


# kind of text: (what is allowed, in words; whether a text is)
_KINDS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "text": ("text", lambda text: True),
    "path": ("an absolute path", _is_path),
    "path or empty": ("an absolute path, or empty", lambda text: not text or _is_path(text)),
    "url": (URL_ALLOWED, is_url),
    "pin": ("4 to 12 digits, or empty", lambda text: not text or _is_pin(text)),
}
