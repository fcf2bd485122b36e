"""How the process is set up that serves: what keeps pages, which compute, from holding up deliveries, which change threads (ADR 0021)."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from fleet.serving import LONGEST_TURN_S

pytestmark = pytest.mark.hil

# The application itself, and a route that tells what its process is set to.
PROGRAM = """
import gc, logging, sys
from pathlib import Path
from fleet import state_folder
from fleet.application import build_application
from fleet.clock import Clock
from fleet.options import Configuration
from fleet.serving import serve

logging.basicConfig(level=logging.INFO, format="%(message)s")
configuration, clock = Configuration(state=Path(sys.argv[1]), port=0), Clock()
state_folder.prepare(configuration.state)
application = build_application(configuration, clock)

@application.get("/process")
async def process():
    return {"turn_s": sys.getswitchinterval(), "frozen": gc.get_freeze_count(), "looked_at": len(gc.get_objects())}

service = application.state.service
serve(application, configuration, lambda: clock.monotonic_ms() / 1000, service.addresses, service.watch.stop)
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("serving")
    running = subprocess.Popen([sys.executable, "-c", PROGRAM, str(folder / "state")], stderr=subprocess.PIPE, text=True)
    assert running.stderr is not None
    try:
        url = next(found[0] for line in running.stderr if (found := re.search(r"http://\S+", line)))
        answer = httpx.get(f"{url}/process", timeout=60)
        told: dict[str, Any] = json.loads(answer.text)
        return told
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=60)


def test_a_thread_that_computes_gives_way_soon(process: dict[str, Any]) -> None:
    assert process["turn_s"] == pytest.approx(LONGEST_TURN_S) and LONGEST_TURN_S < 0.005


def test_a_full_round_of_the_collector_does_not_look_at_what_stays_for_good(process: dict[str, Any]) -> None:
    # What the first work in the background has left meanwhile is looked at.
    assert process["looked_at"] < process["frozen"] / 4
