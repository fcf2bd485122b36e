"""Which board is of which kind, by what its interpreter says, and which build is for it. Pure."""

from typing import NamedTuple

from technician.errors import BoardError

# What firmware/node and contract run on, and the bytecode that mpy-cross of the same project makes (its minor number is of native code).
LEAST_VERSION = (1, 23)
BYTECODE = 6

# Start of a build's name -> chip, as the last word of what MicroPython calls the board. The longest start counts.
CHIPS = {"esp32": "ESP32", "esp32s3": "ESP32S3", "pico": "RP2040", "pico2": "RP2350", "virtual": "linux"}


class BoardFacts(NamedTuple):
    """What a board's interpreter says of itself. platform: its chip family (esp32, rp2, linux). machine: board and chip, in its own words.
    version: of MicroPython. bytecode: the version of .mpy that it takes. files: the names at the top of its flash."""

    platform: str
    machine: str
    version: tuple[int, ...]
    bytecode: int
    has_wifi: bool
    files: list[str]


def chip_of(facts: BoardFacts) -> str:
    return facts.platform if facts.platform == "linux" else facts.machine.rpartition(" with ")[2].strip() or facts.platform


def chip_for(build: str) -> str:
    start = max((start for start in CHIPS if build.startswith(start)), key=len, default="")
    return CHIPS.get(start, "")


def builds_for(facts: BoardFacts, builds: list[str]) -> list[str]:
    return [build for build in builds if chip_for(build) == chip_of(facts)]


def version_text(facts: BoardFacts) -> str:
    return "MicroPython " + ".".join(map(str, facts.version))


def require_fit(port: str, facts: BoardFacts, build: str, builds: list[str]) -> None:
    """Raises BoardError when the board is of another kind than the build, or its interpreter is not one that the firmware runs on."""
    require_interpreter(port, facts)
    wanted, chip = chip_for(build), chip_of(facts)
    if chip != wanted:
        fitting = builds_for(facts, builds)
        next_step = " or ".join(f"--board {name}" for name in fitting) + " is for this one" if fitting else "no build is for this one"
        raise BoardError(port, f"this is a board with {chip} ({facts.machine or facts.platform}); {build} is for {wanted}", next_step)


def require_interpreter(port: str, facts: BoardFacts) -> None:
    if facts.version < LEAST_VERSION or (facts.bytecode and facts.bytecode != BYTECODE):
        least = ".".join(map(str, LEAST_VERSION))
        raise BoardError(port, f"{version_text(facts)} is on it", f"put MicroPython {least} or newer on it (docs/handbook/technician.md)")
