"""Programs of the machine that the project runs but pip cannot bring: a table, and their installation by apt.

Asks nothing. As root or through a sudo that needs no password; with neither it names the commands for an administrator.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tools.setup.errors import SetupError
from tools.setup.running import run, say

SYSTEMD = Path("/run/systemd/system")
# Debian's postgresql-common makes and starts a server at installation unless this file says otherwise.
CLUSTER_POLICY = Path("/etc/postgresql-common/createcluster.conf")
# Not on the PATH of people who are not root, but that is where Debian puts daemons.
PROGRAM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])


def program(*names: str) -> bool:
    return any(shutil.which(name, path=PROGRAM_PATH) for name in names)


def postgresql_server() -> bool:
    return program("initdb") or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def chinese_font() -> bool:
    return program("fc-list") and bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True, check=False).stdout)


def turned_clock() -> bool:
    return any(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))


def atomic_library() -> bool:
    return any(Path("/usr/lib").glob("**/libatomic.so.1"))


class Need(NamedTuple):
    package: str
    why: str
    present: Callable[[], bool]
    # systemd unit that the package would start; here programs start their own, on free ports.
    service: str = ""


MOSQUITTO = Need("mosquitto", "the MQTT broker of a site", lambda: program("mosquitto"), "mosquitto.service")
MICROPYTHON = Need("micropython", "runs the firmware on the virtual boards", lambda: program("micropython"))
FOR_TESTS = (
    Need("chromium", "the browser in which the pages are tested", lambda: program("chromium", "chromium-browser", "google-chrome")),
    Need("curl", "asks the services as a person does from a shell", lambda: program("curl")),
    Need("fonts-wqy-microhei", "Chinese letters for that browser", chinese_font),
    Need("libatomic1", "a library of what steers that browser", atomic_library),
    Need("libfaketime", "lets gateway and fleet keep time with boards that run fast", turned_clock),
    Need("strace", "sees every write of the gateway's buffer, for the test of power cuts", lambda: program("strace")),
    Need("systemd", "checks the units of the gateway; nothing is started", lambda: program("systemd-analyze")),
    Need("nftables", "loads the limits of the broker's port, in a network of the test's own", lambda: program("nft"), "nftables.service"),
    Need("postgresql", "the other store that the fleet service is tested on", postgresql_server, "postgresql.service"),
)


def venv_need(version: str) -> Need:
    """`version` such as 3.11: Debian splits venv from the interpreter."""
    return Need(f"python{version}-venv", "makes .venv", _can_make_venv)


def provide(missing: list[Need]) -> None:
    """Raises SetupError when it may not install, or when apt cannot."""
    packages = [need.package for need in missing]
    if not shutil.which("apt-get"):
        raise SetupError("this machine has no apt; please install with its own package tool: " + ", ".join(packages))
    prefix = as_root(packages, os.geteuid(), _sudo_without_password())
    held = [need.service for need in missing if need.service and SYSTEMD.is_dir()]
    _hold_services(prefix, missing, held)
    try:
        _install(prefix, packages)
    finally:
        for service in held:
            run([*prefix, "systemctl", "unmask", "--runtime", service])
    for service in held:
        say(f"  {service} is installed but neither started nor enabled; to use it: systemctl enable --now {service}")
        run([*prefix, "systemctl", "disable", service])


def _can_make_venv() -> bool:
    try:
        import ensurepip
        import venv
    except ImportError:
        return False
    return bool(ensurepip and venv)


def as_root(packages: list[str], user: int, sudo: bool) -> list[str]:
    """What to put before a command that only root may run. Raises SetupError, with the commands for an administrator."""
    if user == 0:
        return []
    if sudo:
        return ["sudo", "-n"]
    raise SetupError(
        "These can be installed by root only, and there is no sudo without a password here. Please ask an administrator to run\n\n"
        f"    apt-get update\n    apt-get install --no-install-recommends {' '.join(packages)}\n\nand then run the same make command again."
    )


def _sudo_without_password() -> bool:
    return shutil.which("sudo") is not None and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode == 0


def _hold_services(prefix: list[str], missing: list[Need], held: list[str]) -> None:
    # A mask that lasts until the next boot keeps the package's script from starting its service.
    for service in held:
        run([*prefix, "systemctl", "mask", "--runtime", service])
    if any(need.package == "postgresql" for need in missing) and not CLUSTER_POLICY.exists():
        say(f"  {CLUSTER_POLICY}: says that installing PostgreSQL makes no server")
        run([*prefix, "install", "-d", str(CLUSTER_POLICY.parent)])
        run([*prefix, "sh", "-c", f"echo create_main_cluster = false >{CLUSTER_POLICY}"])


def _install(prefix: list[str], packages: list[str]) -> None:
    # RUNLEVEL=1 tells init scripts the same as the mask tells systemd.
    quiet = ["env", "DEBIAN_FRONTEND=noninteractive", "UCF_FORCE_CONFFOLD=1", "RUNLEVEL=1"]
    install = [*prefix, *quiet, "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    try:
        run(install)
    except SetupError:
        # Old package lists name versions that the mirror no longer has.
        run([*prefix, "apt-get", "update", "-q"])
        run(install)
