"""How long the installation of a bundle takes on a fresh machine: Debian's smallest choice, without Python and without the internet."""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hil_tests.bench.figures import Measured
from hil_tests.fresh_machine import FreshMachine, debian_root, why_not
from hil_tests.source_tree import CHECKOUT

_SUITE, _ARCHITECTURE = "trixie", "x86_64"


def figures() -> Iterator[Measured]:
    """None where no fresh machine can be made."""
    if refusal := why_not():
        print(f"no figures of the installation: {refusal}", file=sys.stderr)  # noqa: T201
        return
    subprocess.run([sys.executable, "-m", "tools.dist", f"SUITE={_SUITE}", f"ARCH={_ARCHITECTURE}"], check=True, stdout=subprocess.DEVNULL)
    bundle = max((CHECKOUT / "build" / "dist").glob(f"airgrid-*-{_SUITE}-{_ARCHITECTURE}"))
    with tempfile.TemporaryDirectory(prefix="airgrid-install.", ignore_cleanup_errors=True) as folder:
        machine = FreshMachine(debian_root(_SUITE, Path(folder) / "root", CHECKOUT / "build" / "fresh-machines"))
        machine.boot()
        try:
            yield from _installed(machine, bundle)
        finally:
            machine.cut_power()


def _installed(machine: FreshMachine, bundle: Path) -> Iterator[Measured]:
    subprocess.run(["cp", "-a", str(bundle), str(machine.root / "root" / "bundle")], check=True)
    started, before = time.perf_counter(), _processor_s()
    machine.shell("/root/bundle/install gateway --fleet https://fleet.example", limit_s=900)
    yield Measured("install.offline_s", time.perf_counter() - started)
    yield Measured("install.offline_cpu_s", _processor_s() - before)


def _processor_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
