"""What makes a Raspberry Pi with Debian 12 or 13 a gateway, as a list of steps. Pure: it looks at nothing and changes nothing.

Every step names its reason. Running all of them a second time changes nothing.
"""

from dataclasses import dataclass
from pathlib import PurePosixPath

from gateway.broker import broker_access
from host.installation.steps import (
    UNITS,
    Command,
    File,
    Folder,
    Step,
    at_boot,
    at_boot_of_the_system,
    journal_limits,
    program_faults,
    root_file,
    service_user,
    systemctl,
    template,
)

SERVICE = "airgrid-gateway"
USER = "airgrid"
CONFIGURATION = PurePosixPath("/etc/airgrid/gateway.toml")
STATE = PurePosixPath("/var/lib") / SERVICE
BROKER_RULES = CONFIGURATION.parent / "broker.nft"
BROKER_LIMITS = "airgrid-broker-limits.service"
NFT = PurePosixPath("/usr/sbin/nft")
# Of connections to the broker's port for nodes.
BY_ADDRESS = 64
BROKER_FOLDER = PurePosixPath("/var/lib/airgrid-broker")
GATEWAY_USER = "gateway"
# Groups whose members may use serial lines and pins, where a machine has them.
DEVICE_GROUPS = ("dialout", "gpio")


@dataclass(frozen=True)
class Choices:
    """`program`: the airgrid-gateway to run. `groups`: of DEVICE_GROUPS those that the machine has. Secrets are made by the caller.

    `mqtt_port`: of the broker, for nodes. `broker_port`: of the broker, for the gateway alone.
    """

    program: PurePosixPath
    fleet_url: str
    groups: tuple[str, ...]
    broker_password: str
    pin: str
    plain_http: str = "refused"
    names: str = ""
    mqtt_port: int = 1883
    broker_port: int = 1884
    web_port: int = 8088


def faults(choices: Choices) -> list[str]:
    """Why the result would not work, each with what to do."""
    return program_faults(choices.program, "gateway --fleet " + choices.fleet_url)


def plan(choices: Choices) -> list[Step]:
    return [*_program_steps(), *_folder_steps(), *_file_steps(choices), *_service_steps()]


def _program_steps() -> list[Step]:
    return [
        Command(
            ("apt-get", "install", "-y", "-q", "--no-install-recommends", "mosquitto"),
            "the broker to which nodes connect",
            unless=("sh", "-c", "command -v mosquitto || test -x /usr/sbin/mosquitto"),
        ),
        service_user(USER, STATE, "the gateway runs as a user of its own, without a login"),
    ]


def _folder_steps() -> list[Step]:
    return [
        Folder(CONFIGURATION.parent, 0o755, "root", "root", "configuration"),
        Folder(STATE, 0o700, USER, USER, "buffer, identity and pinned document: for the gateway's eyes only", keep=True),
        # Set-group-id: what the gateway writes there belongs to the broker's group.
        Folder(BROKER_FOLDER, 0o2750, USER, "mosquitto", "who may use the broker; written by the gateway, read by the broker"),
    ]


def _file_steps(choices: Choices) -> list[Step]:
    def broker(name: str, content: str, why: str, *, keep: bool = False) -> File:
        return File(BROKER_FOLDER / name, content, 0o640, USER, "mosquitto", why, keep)

    passwords = broker_access.passwords(GATEWAY_USER, choices.broker_password, {})
    configuration = _filled("gateway.toml", choices)
    return [
        File(CONFIGURATION, configuration, 0o640, "root", USER, "edit it: fleet, ports, limits", keep=True),
        broker(broker_access.ACCESS, broker_access.access_rules(GATEWAY_USER), "each node to its own topics"),
        broker(broker_access.PASSWORDS, passwords, "the gateway adds its nodes", keep=True),
        journal_limits(SERVICE),
        *(root_file(_place(name), _filled(name, choices), why) for name, why in _ROOT_FILES),
    ]


def _service_steps() -> list[Step]:
    return [
        *map(at_boot, OWN_UNITS),
        at_boot_of_the_system("mosquitto.service"),
        systemctl("daemon-reload", why="systemd reads the units"),
        systemctl("restart", "systemd-journald.service", "mosquitto.service", why="they take their new limits"),
        systemctl("start", "airgrid-broker-access.path", why="the broker lets in new nodes without a restart"),
        systemctl("restart", BROKER_LIMITS, why="the kernel takes the limits, where there is an nft"),
    ]


# What begins at every boot, and ends with an uninstallation.
OWN_UNITS = ("airgrid-broker-access.path", BROKER_LIMITS, "airgrid-gateway.service")
# file of the folder files: why; all of them belong to root
_ROOT_FILES = (
    ("mosquitto.conf", "a listener for nodes and one for the gateway, none without a password"),
    ("mosquitto.service.conf", "descriptors and memory of the broker; started again for ever"),
    ("airgrid-gateway.service", "runs it, starts it again, keeps it from everything else"),
    ("airgrid-broker-access.path", "notices new nodes"),
    ("airgrid-broker-access.service", "makes the broker read them"),
    ("broker.nft", "limits of connections to the broker by address, which the broker itself does not have"),
    (BROKER_LIMITS, "loads them at the start of the machine"),
    ("watchdog.conf", "the hardware resets a machine that hangs"),
)
_PLACES = {
    "broker.nft": BROKER_RULES,
    "mosquitto.conf": PurePosixPath("/etc/mosquitto/conf.d/airgrid.conf"),
    "mosquitto.service.conf": UNITS / "mosquitto.service.d/airgrid.conf",
    "watchdog.conf": PurePosixPath("/etc/systemd/system.conf.d/airgrid-watchdog.conf"),
}


def _place(name: str) -> PurePosixPath:
    return _PLACES.get(name, UNITS / name)


def _filled(name: str, choices: Choices) -> str:
    values = {
        "program": choices.program,
        "configuration": CONFIGURATION,
        "user": USER,
        "groups": " ".join(choices.groups),
        "state": STATE,
        "state_name": SERVICE,
        "broker_folder": BROKER_FOLDER,
        "rules": BROKER_RULES,
        "by_address": BY_ADDRESS,
        "fleet_url": choices.fleet_url,
        "plain_http": '\nplain_http = "allowed"' if choices.plain_http == "allowed" else "",
        "mqtt_port": choices.mqtt_port,
        "broker_port": choices.broker_port,
        "web_port": choices.web_port,
        "names": choices.names,
        "broker_password": choices.broker_password,
        "pin": choices.pin,
    }
    return template("gateway.installation", name, values)
