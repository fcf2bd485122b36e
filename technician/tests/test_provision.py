"""Provisioning asks first, writes then, and what was cut at any step is mended by the same call again."""

from typing import Any

import pytest

from technician.board_kinds import BoardFacts
from technician.errors import BoardGoneError, FleetError, InterruptError, ProvisionError, TechnicianError
from technician.provision import IDENTITY, Wanted, ask_fleet, provision
from technician.provisioning import Network, Place, identity_on_board

WANTED = Wanted(
    Place("n-1", "g-1", "s-1"),
    Network("10.0.0.2", 1883, "", "", "school", "secret-1"),
    None,
    {"esp32": [0, 1], "virtual": [0, 1, 2, 3]},
    {},
    False,
    None,
)
BOARD = BoardFacts("esp32", "Generic ESP32 module with ESP32", (1, 25, 0), 6, True, [])


class Cut(Exception):
    """The tool was killed."""


class World:
    """A board and a fleet. Each change is a step; `cut_at`: at which something ends, before or (`late`) after it is done; `by`: what."""

    def __init__(self) -> None:
        self.port = "/dev/board"
        self.facts = BOARD
        self.files: dict[str, bytes] = {}
        self.keys: dict[str, str] = {}
        self.records: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.cut_at: int | None = None
        self.late = False
        self.by: type[BaseException] = Cut

    def _step(self, name: str, change: Any) -> None:
        cut = self.cut_at == len(self.log)
        self.log.append(name)
        if not cut or self.late:
            change()
        if cut:
            self.cut_at = None
            raise self.by("cut", "") if self.by is FleetError else self.by("/dev/board")

    # The board

    def hashes(self) -> dict[str, str]:
        return dict.fromkeys(self.files, "")

    def read(self, path: str) -> bytes:
        return self.files[path]

    def remove(self, path: str) -> None:
        self._step("remove", lambda: self.files.pop(path))

    def write(self, path: str, content: bytes) -> None:
        self._step("write", lambda: self.files.update({path: content}))

    def reset(self) -> None:
        self._step("reset", lambda: None)

    # The fleet

    def gateways(self) -> list[str]:
        return ["g-1"]

    def sites(self) -> list[str]:
        return ["s-1"]

    def node(self, name: str) -> dict[str, Any] | None:
        return {"id": name, "gateway": "g-1", "site": "s-1"} if name in self.keys else None

    def register(self, record: dict[str, Any]) -> list[str]:
        if self.keys.get(record["id"], record["key"]) != record["key"]:
            raise FleetError("the fleet answers 409: taken", "", 409)
        self._step("register", lambda: self.keys.update({record["id"]: record["key"]}))
        return []

    def replace_hardware(self, node: str, key: str, sensors: str, reason: str) -> None:
        self._step("hardware", lambda: self.keys.update({node: key}))

    # The command

    def run(self, wanted: Wanted = WANTED) -> bool:
        faults, is_known = ask_fleet(self, wanted)
        assert faults == []
        return provision(self, wanted, self, is_known, self.records.append).is_new

    @property
    def key(self) -> str:
        present = identity_on_board(self.files[IDENTITY])
        assert present is not None
        return str(present["key"])


def test_a_blank_board_gets_a_key_and_the_fleet_hears_of_it_after_the_reset() -> None:
    world = World()
    assert world.run() is True
    assert world.log == ["write", "reset", "register"]
    assert world.keys == {"n-1": world.key} and world.records[0]["key"] == world.key
    present = identity_on_board(world.files[IDENTITY])
    assert present is not None and (present["gateway"], present["site"], present["broker"]["user"]) == ("g-1", "s-1", "n-1")


STATES = ["The board may be without its identity", "The board has its identity and was not reset", "The board has its identity; the fleet"]


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("by", [Cut, BoardGoneError, FleetError, KeyboardInterrupt])
@pytest.mark.parametrize("cut_at", range(3))
def test_what_was_cut_at_any_step_is_mended_by_the_same_command(cut_at: int, by: type[BaseException], late: bool) -> None:
    world = World()
    world.cut_at, world.by, world.late = cut_at, by, late
    with pytest.raises(InterruptError if by is KeyboardInterrupt else by) as cut:
        world.run()
    if isinstance(cut.value, TechnicianError):
        assert cut.value.state.startswith(STATES[cut_at]) and "same command again" in cut.value.next_step
    world.run()
    assert world.keys == {"n-1": world.key} and world.records[-1]["key"] == world.key
    written = dict(world.files)
    world.run()
    assert (world.keys, world.files) == ({"n-1": world.key}, written)


STEPS_OF_NEW_HARDWARE = 3


@pytest.mark.parametrize("late", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("cut_at", range(STEPS_OF_NEW_HARDWARE))
def test_new_hardware_under_an_old_name_is_mended_by_the_same_command_too(cut_at: int, late: bool) -> None:
    world, wanted = World(), WANTED._replace(hardware=("the board died", "kept"))
    world.keys = {"n-1": "ab" * 32}
    world.cut_at, world.late = cut_at, late
    with pytest.raises(Cut):
        world.run(wanted)
    world.run(wanted)
    assert world.keys == {"n-1": world.key} != {"n-1": "ab" * 32}
    assert world.log.count("hardware") == (2 if cut_at == 2 and not late else 1)


def test_a_name_of_another_board_is_refused_before_anything_is_written() -> None:
    world = World()
    world.keys = {"n-1": "ab" * 32}
    with pytest.raises(ProvisionError) as refused:
        world.run()
    assert "--replace-hardware" in refused.value.next_step and refused.value.state.startswith("Nothing was written")
    assert (world.files, world.log, world.records) == ({}, [], [])


def test_a_board_that_has_the_name_and_another_key_than_the_fleet_is_left_alone() -> None:
    world = World()
    world.run()
    world.log.clear()
    world.keys["n-1"] = "ab" * 32  # the spare board took its place
    with pytest.raises(ProvisionError, match="which is another board"):
        world.run()
    assert world.log == []


def test_another_name_needs_to_be_meant_and_takes_what_the_node_before_had_kept() -> None:
    world = World()
    world.run()
    world.files.update({"/settings-a": b"7", "/spool/1": b"x", "/boot-a": b"3"})
    other, key = WANTED._replace(place=Place("n-2", "g-1", "s-1")), world.key
    with pytest.raises(ProvisionError, match="this board is the node n-1"):
        world.run(other)
    assert world.run(other._replace(replace=True)) is True
    assert sorted(world.files) == ["/boot-a", IDENTITY] and world.key != key
    assert world.keys == {"n-1": key, "n-2": world.key}


def test_settings_stay_when_a_node_gets_another_wifi() -> None:
    world = World()
    world.run()
    world.files["/settings-a"] = b"7"
    key = world.key
    assert world.run(WANTED._replace(network=WANTED.network._replace(ssid="other"))) is False
    assert (world.key, world.files["/settings-a"]) == (key, b"7")


@pytest.mark.parametrize(
    ("facts", "wanted", "told"),
    [
        (BOARD._replace(has_wifi=False), WANTED, "has no Wi-Fi"),
        (BOARD, WANTED._replace(network=WANTED.network._replace(broker_host="127.0.0.1")), "the board itself"),
        (BOARD._replace(version=(1, 20, 0)), WANTED, "or newer on it"),
        (BOARD, WANTED._replace(settings={"sensors": [{"slot": 0, "part": "pms5003", "port": 3}]}), "one of the board's ports: 0, 1"),
        (BOARD._replace(machine="ESP32C3 module with ESP32C3"), WANTED._replace(board="esp32"), "ESP32C3"),
    ],
    ids=["wifi", "loopback", "interpreter", "port", "wrong board"],
)
def test_a_board_on_which_it_cannot_work_is_refused_before_anything_is_written(facts: BoardFacts, wanted: Wanted, told: str) -> None:
    world = World()
    world.facts = facts
    with pytest.raises(TechnicianError, match=told) as refused:
        world.run(wanted)
    assert refused.value.state.startswith("Nothing was written")
    assert (world.files, world.log, world.records) == ({}, [], [])


def test_all_that_the_fleet_has_against_it_is_told_at_once() -> None:
    wanted = WANTED._replace(place=Place("n-1", "g-2", "s-2"), hardware=("r", "kept"))
    faults, is_known = ask_fleet(World(), wanted)
    assert ([fault.path for fault in faults], is_known) == ([("gateway",), ("site",), ("node",)], False)


def test_a_torn_identity_is_none() -> None:
    world = World()
    world.files[IDENTITY] = b'{"node":"n-9","key"'
    assert world.run() is True
