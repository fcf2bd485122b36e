"""A fresh Debian with its own running systemd and no network: a root of debootstrap, booted in namespaces of its own.

Needs root and debootstrap.

It shares the kernel and nothing else: what it starts ends with it, its only network is its own loopback, and a power cut is one kill.
"""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from hil_tests.processes import wait_until
from tools.setup.micropython import machine_sources

# What every machine with Debian has, and debootstrap's smallest choice has not. Neither Python nor anything that airgrid needs.
_BESIDES = "systemd,sudo,dbus"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_BOOT = Path(__file__).parent / "fresh_machine_boot.sh"
_BOOT_LIMIT_S = 90


def why_not() -> str | None:
    """Why no such machine can be made here; None: one can."""
    if os.geteuid() != 0:
        return "fresh machines are made by root"
    missing = [name for name in ("debootstrap", "unshare", "nsenter") if shutil.which(name) is None]
    return f"fresh machines need {', '.join(missing)}" if missing else None


def debian_root(suite: str, folder: Path, cache: Path) -> Path:
    """A root of that suite in the folder; made once, by debootstrap from this machine's mirror, then copied from the cache."""
    kept = cache / f"fresh-machine-{suite}.tar"
    folder.mkdir(parents=True)
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        mirror = machine_sources(Path("/etc/apt"))[0].uris.split()[0]
        made = cache / f"fresh-machine-{suite}.root"
        shutil.rmtree(made, ignore_errors=True)
        subprocess.run(
            ["debootstrap", "--variant=minbase", f"--include={_BESIDES}", suite, str(made), mirror], check=True, capture_output=True
        )
        subprocess.run(["tar", "-C", str(made), "-cf", f"{kept}.part", "."], check=True)
        Path(f"{kept}.part").rename(kept)
        shutil.rmtree(made)
    subprocess.run(["tar", "-C", str(folder), "-xpf", str(kept)], check=True)
    (folder / "etc" / "hostname").write_text("fresh\n")
    (folder / "etc" / "hosts").write_text("127.0.0.1 localhost fresh\n")
    # Its mirror is out of reach, and no name server is asked.
    for name in ("etc/resolv.conf", "etc/apt/sources.list"):
        (folder / name).unlink(missing_ok=True)
    return folder


class FreshMachine:
    def __init__(self, root: Path) -> None:
        self.root = root
        self._boot: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        namespaces = ["--mount", "--pid", "--fork", "--net", "--uts", "--ipc", "--cgroup", "--kill-child"]
        with (self.root.parent / "boot.log").open("ab") as log:
            self._boot = subprocess.Popen(
                ["unshare", *namespaces, str(_BOOT), str(self.root)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._is_up, within_s=_BOOT_LIMIT_S, what="systemd has started everything", every_s=0.3)

    def cut_power(self) -> None:
        """Everything that runs in it ends at this instant. What it wrote is on the disk, since the kernel is not its own."""
        if self._boot is not None:
            self._boot.send_signal(signal.SIGKILL)
            self._boot.wait()
            self._boot = None

    def run(self, *command: str, limit_s: float = 300) -> subprocess.CompletedProcess[str]:
        """As root, in the machine; standard error with standard output."""
        return subprocess.run(
            self.command(*command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=limit_s,
            check=False,
        )

    def shell(self, script: str, limit_s: float = 300) -> str:
        """What it says. Raises AssertionError with that when it fails."""
        done = self.run("sh", "-ec", script, limit_s=limit_s)
        assert done.returncode == 0, f"{script}\nended with {done.returncode}:\n{done.stdout}"
        return done.stdout

    def command(self, *command: str) -> list[str]:
        inside = ["nsenter", "--target", str(self._init()), "--mount", "--pid", "--net", "--uts", "--ipc", "--cgroup"]
        clean = ["env", "-i", f"PATH={_PATH}", "HOME=/root", "LANG=C.UTF-8", "TERM=dumb"]
        return [*inside, "chroot", str(self.root), *clean, *command]

    def outside(self, *command: str) -> list[str]:
        """A program of this checkout, on the machine's network."""
        return ["nsenter", "--target", str(self._init()), "--net", *command]

    def plug_in(self, device: str, name: str) -> str:
        """The path in the machine of a device of this one, such as a pseudo-terminal; until its power is cut."""
        place = self.root / "dev" / name
        inside = ["nsenter", "--target", str(self._init()), "--mount"]
        subprocess.run([*inside, "sh", "-ec", 'touch "$2"; mount --bind "$1" "$2"', "sh", device, str(place)], check=True)
        return f"/dev/{name}"

    def _init(self) -> int:
        assert self._boot is not None
        children = Path(f"/proc/{self._boot.pid}/task/{self._boot.pid}/children").read_text().split()
        return int(children[0])

    def _is_up(self) -> bool:
        try:
            asked = self.run("systemctl", "is-system-running", limit_s=20)
        except (OSError, IndexError, subprocess.TimeoutExpired):
            return False
        # Degraded: units that want hardware, of which it has none.
        return asked.stdout.strip() in ("running", "degraded")
