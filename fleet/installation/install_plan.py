"""What makes a machine with Debian 12 or 13 the fleet service of a district, as a list of steps. Looks at nothing, changes nothing."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from fleet.configuration.signing import KEY_FILE
from fleet.option_words import Options, file_text
from host.installation.steps import (
    UNITS,
    Command,
    File,
    Folder,
    Step,
    at_boot,
    journal_limits,
    program_faults,
    root_file,
    service_user,
    systemctl,
    template,
)

SERVICE = "airgrid-fleet"
USER = SERVICE
CONFIGURATION = PurePosixPath("/etc/airgrid/fleet.toml")
CERTIFICATE = CONFIGURATION.with_name("fleet-certificate.pem")
KEY = CONFIGURATION.with_name("fleet-key.pem")
STATE = PurePosixPath("/var/lib") / SERVICE
OWN_UNITS = (f"{SERVICE}.service",)
_TLS_PORT, _PLAIN_PORT = 8443, 8080


@dataclass(frozen=True)
class Choices:
    """`program`: the airgrid-fleet to run. `tls`: contents of certificate and key, PEM. `port`: None: the usual one."""

    program: PurePosixPath
    tls: tuple[str, str] | None = None
    behind_tls_proxy: bool = False
    port: int | None = None


def faults(choices: Choices) -> list[str]:
    """Why the result would not work, each with what to do."""
    return program_faults(choices.program, "fleet")


def options(choices: Choices) -> Options:
    """What the configuration file sets."""
    chosen: Options = {"state": str(STATE), "host": "127.0.0.1", "port": choices.port or _PLAIN_PORT}
    if choices.tls is not None:
        own = {"host": "0.0.0.0", "tls_certificate": str(CERTIFICATE), "tls_key": str(KEY)}
        return chosen | own | {"port": choices.port or _TLS_PORT}
    return chosen | ({"behind_tls_proxy": True} if choices.behind_tls_proxy else {})


def plan(choices: Choices) -> list[Step]:
    return [
        service_user(USER, STATE, "the service runs as a user of its own, without a login"),
        Folder(CONFIGURATION.parent, 0o755, "root", "root", "configuration"),
        Folder(STATE, 0o700, USER, USER, "database, signing key: for the service's eyes only", keep=True),
        File(CONFIGURATION, file_text(options(choices)), 0o640, "root", USER, "edit it: address, certificate, limits", keep=True),
        *_tls_files(choices),
        root_file(UNITS / f"{SERVICE}.service", _unit(choices), "runs it, starts it again, keeps it from everything else"),
        journal_limits(SERVICE),
        Command(
            ("runuser", "-u", USER, "--", str(choices.program), "init", "--config", str(CONFIGURATION)),
            "the signing key that gateways pin, and the tables",
            unless=("test", "-e", str(STATE / KEY_FILE)),
        ),
        *map(at_boot, OWN_UNITS),
        systemctl("daemon-reload", why="systemd reads the unit"),
        systemctl("restart", "systemd-journald.service", why="it takes its new limits"),
    ]


def _tls_files(choices: Choices) -> list[Step]:
    if choices.tls is None:
        return []
    certificate, key = choices.tls
    return [
        File(CERTIFICATE, certificate, 0o644, "root", "root", "what gateways and browsers check this service by", outlives=True),
        File(KEY, key, 0o640, "root", USER, "belongs to the certificate; only the service reads it", outlives=True),
    ]


def _unit(choices: Choices) -> str:
    values = {"program": choices.program, "configuration": CONFIGURATION, "user": USER, "state_name": SERVICE}
    return template("fleet.installation", f"{SERVICE}.service", values)
