"""For which machines bundles are built. Pure."""

from dataclasses import dataclass

from tools.dist.errors import DistError


@dataclass(frozen=True)
class Suite:
    """`python`: of its python3 package. `glibc_minor`: of its C library 2.x, which bounds the wheels that run there."""

    name: str
    debian: int
    python: str
    glibc_minor: int


@dataclass(frozen=True)
class Architecture:
    """`name`: as wheels and uname call it. `runs_here`: whether tests of ours have run it; no 64-bit ARM machine takes part in them."""

    name: str
    debian: str
    is_tested: bool


@dataclass(frozen=True)
class Target:
    suite: Suite
    architecture: Architecture

    @property
    def name(self) -> str:
        return f"{self.suite.name}-{self.architecture.name}"


SUITES = (Suite("bookworm", 12, "3.11", 36), Suite("trixie", 13, "3.13", 41))
ARCHITECTURES = (Architecture("x86_64", "amd64", True), Architecture("aarch64", "arm64", False))
# The first C library for which wheels of this naming are made; older ones have names of their own.
_FIRST_GLIBC_MINOR = 5
_OLD_NAMES = ("manylinux1", "manylinux2010", "manylinux2014", "linux")


def chosen(suite: str, architecture: str) -> list[Target]:
    """All of them where a name is empty. Raises DistError on an unknown name."""
    _require("SUITE", suite, [one.name for one in SUITES])
    _require("ARCH", architecture, [one.name for one in ARCHITECTURES])
    every = [Target(one, other) for one in SUITES for other in ARCHITECTURES]
    return [target for target in every if suite in ("", target.suite.name) and architecture in ("", target.architecture.name)]


def platforms(target: Target) -> list[str]:
    """Platform tags of the wheels that run there (PEP 600), the closest first."""
    architecture = target.architecture.name
    newest = target.suite.glibc_minor
    return [
        *(f"manylinux_2_{minor}_{architecture}" for minor in range(newest, _FIRST_GLIBC_MINOR - 1, -1)),
        *(f"{name}_{architecture}" for name in _OLD_NAMES),
    ]


def _require(what: str, name: str, names: list[str]) -> None:
    if name not in ("", *names):
        raise DistError(f"{what}={name}: there is {', '.join(names)}")
