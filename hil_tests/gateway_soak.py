"""A gateway for days in minutes: the real program and its real broker under 40 nodes x 10 s, no report skipped, the program's time handed
in (fake_time_program.py), its fleet away half of the time and in trouble now and then.

`fast_folder` gives it a buffer in memory where there is a /dev/shm: how long a disk takes is not what this measures.

soak = GatewaySoak(folder, seed, hours=24)
asyncio.run(soak.go())
soak.faults()
"""

import asyncio
import os
import random
import signal
import sys
import tempfile
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from contract import topics
from contract.messages import ACK, EVENT, REPORT, read
from gateway.store.database import FILE_NAME, open_for_reading
from gateway.tests.site import BOOT, Broker, configuration_document, desired_node, sealed, write_configuration
from gateway.tests.test_killed_process import run_command
from hil_tests.mqtt.link import RawLink
from hil_tests.soak_record import SoakRecord
from hil_tests.stand_in_fleet.faults import FAULTS
from hil_tests.stand_in_fleet.fleet import CODE

NODES = 40
STEP_S = 10
STEPS_A_TURN = 6  # by so many steps time moves on at once: six reports of each node, each a message of its own
HOUR_STEPS = 3600 // STEP_S
BUDGET_BYTES = 25_165_824  # full after some six hours without the fleet
WARM_UP_HOURS = 9
LONGEST_AWAY_HOURS = 8
MOST_GROWTH = 1.10
_UNDER_WAY = STEPS_A_TURN * NODES  # reports that wait for their acknowledgement
_ANSWER_STEPS = 24  # of the 60 of a time limit of ten minutes
_RESEND_S = 20.0
# Every item that was stored has come to one of these ends, when nothing waits any more.
_ENDS = ("items.forwarded", "items.duplicate_at_fleet", "items.refused_by_fleet", "items.thinned", "items.dropped")
_TROUBLES = [fault for fault in FAULTS if fault != "late"]
_CHANNELS = ",".join(f"[0,{quantity},0,10,{{0}},{{0}},{{0}}]" for quantity in range(6, 12))


class Sample(NamedTuple):
    """Of the gateway's process, once an hour."""

    rss_kb: int
    descriptors: int
    buffer_bytes: int


def fast_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)


def spells(chance: random.Random, hours: int) -> Iterator[tuple[bool, int]]:
    """(whether the fleet is there, for how many steps): the first absences fill the buffer, all together are half of the time."""
    left = hours * HOUR_STEPS
    away = min(LONGEST_AWAY_HOURS, hours / 4) * HOUR_STEPS
    while left > 1:
        steps = min(left // 2, round(away))
        left -= 2 * steps
        yield True, steps
        yield False, steps
        away = HOUR_STEPS * chance.choice((0.1, 0.3, 1, 2, 4, LONGEST_AWAY_HOURS))


class GatewaySoak:
    def __init__(self, folder: Path, seed: int, hours: int, budget_bytes: int = BUDGET_BYTES) -> None:
        self.hours = hours
        self._budget_bytes = budget_bytes
        self.seed = seed
        self._folder = folder
        self._chance = random.Random(seed)
        self._names = [f"n-{number:02}" for number in range(NODES)]
        self.seq = 0  # of every node the next one
        self.record = SoakRecord(self._names, hours * (HOUR_STEPS + 1) + 1)
        self._broker = Broker(folder)
        self._link = RawLink(topics.every_down("+"), self._on_publish)
        self._waiting: dict[str, dict[int, tuple[str, bytes]]] = {name: {} for name in self._names}
        self._under_way = 0
        self._acked = asyncio.Event()
        self._gateway: Process
        self.samples: list[Sample] = []
        self.counters: dict[str, int] = {}
        self.absences = self.away_steps = self.resent = self.left = 0
        self.wall_s = 0.0

    async def go(self) -> None:
        began_s = time.monotonic()
        self._broker.start()
        await self.record.start()
        await self.record.desire([desired_node(name) for name in self._names])
        try:
            await self._start_gateway()
            await self._live()
            await self._drain()
            self._gateway.send_signal(signal.SIGTERM)
            await asyncio.wait_for(self._gateway.wait(), 60)
            self.counters = self._counters()
        finally:
            if self._gateway.returncode is None:
                self._gateway.kill()
            self._link.close()
            await self.record.stop()
            self._broker.stop()
        self.wall_s = time.monotonic() - began_s

    def faults(self) -> list[str]:
        """What is not as promised."""
        warm, after = self.samples[: self.warm_up_hours], self.samples[self.warm_up_hours :]
        grown = max(sample.rss_kb for sample in after) / max(sample.rss_kb for sample in warm)
        fewest = min(sample.descriptors for sample in after[-max(1, len(after) // 4) :])
        largest = max(sample.buffer_bytes for sample in self.samples)
        ended = _came_to_an_end(self.counters)
        judged = (
            (self.left == 0, f"{self.left} numbers are neither in the record nor told as lost"),
            (self.counters["items.stored"] == ended, f"{self.counters['items.stored']} stored, {ended} came to an end"),
            (self.record.summarised >= self.record.whys["thinned"], "thinned reports that no summary stands for"),
            (grown <= MOST_GROWTH, f"memory grew to {grown:.2f} times that of the first {self.warm_up_hours} hours"),
            (fewest <= max(sample.descriptors for sample in warm), f"{fewest} descriptors at the least in the last quarter"),
            (largest <= self._budget_bytes, f"the buffer took {largest} bytes of {self._budget_bytes}"),
        )
        return [fault for good, fault in judged if not good]

    @property
    def warm_up_hours(self) -> int:
        return min(WARM_UP_HOURS, self.hours // 2)

    async def _live(self) -> None:
        for present, steps in spells(self._chance, self.hours):
            if not present:
                self.absences += 1
                self.away_steps += steps
                await self.record.stop()
            for _ in range(steps):
                await self._step()
                if present and self._chance.random() < 0.002:
                    self.record.faults.append(self._chance.choice(_TROUBLES))
            if not present:
                await self.record.start()

    async def _drain(self) -> None:
        """Until everything is accounted for, and the gateway knows it; for at most a day without news."""
        self.record.faults.clear()
        for _ in range(24 * HOUR_STEPS // STEPS_A_TURN):
            self.left = sum(self.record.unaccounted(name, self.seq) for name in self._names)
            if not self.left and _came_to_an_end(counters := self._counters()) == counters["items.stored"]:
                break
            self.record.step += STEPS_A_TURN
            await self._turn(most_under_way=0)
            await asyncio.sleep(0.01)

    async def _step(self) -> None:
        """Ten seconds: one report of each node, an event each hour."""
        self._say(REPORT, f'"d":{1000 * STEP_S},"c":0,"ch":[{_CHANNELS.format(self.seq % 1000)}]')
        if self.record.step % HOUR_STEPS == 0:
            self._say(EVENT, '"k":"threshold","a":{"limit":75}')
            self.samples.append(self._sample())
        self.record.step += 1
        if self.record.step % STEPS_A_TURN == 0:
            await self._turn()

    async def _turn(self, most_under_way: int = _UNDER_WAY) -> None:
        """Time goes on by a step, as soon as nobody is left behind."""
        await self.record.answered(_ANSWER_STEPS)
        while self._under_way > most_under_way:
            self._acked.clear()
            try:
                async with asyncio.timeout(_RESEND_S):
                    await self._acked.wait()
            except TimeoutError:
                self._resend()
        self._gateway.send_signal(signal.SIGUSR1)
        assert self._gateway.stdout is not None
        if not await self._gateway.stdout.read(1):
            raise RuntimeError("the gateway ended:\n" + (self._folder / "gateway.log").read_text()[-2000:])

    def _say(self, kind: str, fields: str) -> None:
        # Every other node knows the time. What is said of a turn comes at its beginning, so it is of the one before.
        uptime_ms = 1000 * STEP_S * self.record.step
        utc_ms = round(1000 * (time.time() + STEP_S * (self.record.step - STEPS_A_TURN - 1)))
        for number, name in enumerate(self._names):
            told = f'"u":{utc_ms},"e":200,' if number % 2 else ""
            body = f'{{"b":"{BOOT}","i":[{{"q":{self.seq},"s":{uptime_ms},{told}{fields}}}]}}'
            self._waiting[name][self.seq] = kind, sealed(name, kind, body.encode())
            self._link.publish(topics.topic(topics.UP, name, kind), self._waiting[name][self.seq][1])
        self._under_way += len(self._names)
        self.seq += 1

    def _resend(self) -> None:
        for name, waiting in self._waiting.items():
            for kind, payload in waiting.values():
                self._link.publish(topics.topic(topics.UP, name, kind), payload)
                self.resent += 1

    def _on_publish(self, topic: str, payload: bytes) -> None:
        name = topics.parse_topic(topic)
        if name is None or name[2] != ACK:
            return
        waiting = self._waiting[name[1]]
        for first, last in read(ACK, payload[: payload.rindex(b" ")])["r"]:
            for seq in range(first, last + 1):
                self._under_way -= waiting.pop(seq, None) is not None
        self._acked.set()

    async def _start_gateway(self) -> None:
        config = self._folder / "gateway.toml"
        document = configuration_document(
            self._state(), self.record, self._broker.port,
            fleet={"timeout_s": 600, "poll_wait_s": 300, "report_interval_s": 60, "backoff_first_ms": 500, "backoff_cap_ms": 60_000},
            mqtt={"timeout_s": 120, "keepalive_s": 600},
            buffer={"budget_bytes": self._budget_bytes},
        )  # fmt: skip
        write_configuration(config, document)
        code, text = await run_command("enrol", "--config", str(config), "--code", CODE)
        assert code == 0, text
        self._gateway = await self._turned_service(config)
        await asyncio.get_running_loop().create_connection(lambda: self._link, "127.0.0.1", self._broker.port)
        await self._link.ready.wait()
        self._say(EVENT, '"k":"started","a":{}')
        while self._under_way:
            self._resend()
            await asyncio.sleep(0.2)

    async def _turned_service(self, config: Path) -> Process:
        module = [sys.executable, "-m", "hil_tests.fake_time_program", str(STEPS_A_TURN * STEP_S), "gateway.command.service", str(config)]
        with (self._folder / "gateway.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(*module, stdout=PIPE, stderr=log)

    def _state(self) -> Path:
        return self._folder / "state"

    def _counters(self) -> dict[str, int]:
        connection = open_for_reading(self._state() / FILE_NAME)
        found = dict(connection.execute("SELECT name, value FROM counters"))
        connection.close()
        return found

    def _sample(self) -> Sample:
        status = dict(line.split(":", 1) for line in Path(f"/proc/{self._gateway.pid}/status").read_text().splitlines())
        files = self._state().glob("buffer.sqlite*")
        return Sample(
            int(status["VmRSS"].split()[0]),
            sum(1 for _ in Path(f"/proc/{self._gateway.pid}/fd").iterdir()),
            sum(file.stat().st_size for file in files if not file.name.endswith("-shm")),
        )


def _came_to_an_end(counters: dict[str, int]) -> int:
    return sum(counters.get(name, 0) for name in _ENDS)
