"""Every rule of the architecture is red on made-up sources that break it, and green on their nearest neighbours that do not."""

from collections.abc import Callable, Collection, Sequence

import pytest

from hil_tests.architecture import directions, purity, sizes
from hil_tests.architecture.clocks import clock_reads
from hil_tests.architecture.exceptions import unexcused
from hil_tests.architecture.import_graph import ImportGraph, against_order, circles
from hil_tests.architecture.source import Source, broad_handlers, made_up

TABLES = purity.Tables(("air/",), frozenset({"datetime", "json", "typing"}), {"random.Random": "a generator that is handed in"})
LIMITS = sizes.Limits(file_lines=20, function_lines=4, class_lines=8, constructor_parameters=6)
PURE = '"""A rule. Pure."""\n'
RIM = '"""A file."""\nimport os\n'


def circles_of(sources: Sequence[Source]) -> list[str]:
    return sorted(circles(ImportGraph(sources).arrows, [source.path for source in sources]))


def impurities(sources: Sequence[Source]) -> list[str]:
    return purity.impurities(sources, TABLES)


def wrong_way(sources: Sequence[Source]) -> list[str]:
    return directions.wrong_way(sources, {"gateway": {"contract"}, "fleet": {"contract"}, "contract": set()}, {"hil_tests.micropython"})


def foreign(sources: Sequence[Source]) -> list[str]:
    return directions.foreign_imports(sources, {"struct", "contract"}, never=["contract.site"])


def unguarded(sources: Sequence[Source]) -> list[str]:
    return directions.unguarded_imports(sources, {"typing", "hmac"})


def out_of_order(sources: Sequence[Source]) -> list[str]:
    paths = [source.path for source in sources]
    return against_order(ImportGraph(sources).arrows, paths, "g", [("errors.py",), ("store", "time"), ("uplink",)])


def clocks(sources: Sequence[Source]) -> list[str]:
    return sorted({name for source in sources for name, _ in clock_reads(source)})


def handlers(sources: Sequence[Source]) -> list[int]:
    return [line for source in sources for line in broad_handlers(source)]


def class_with(parameters: str) -> str:
    return f"class Outbox:\n    def __init__(self, {parameters}) -> None:\n        pass\n"


FLOORS = {"g/errors.py": "", "g/store/rows.py": "", "g/time/clock.py": "", "g/uplink/lane.py": ""}
GUARDED = "try:\n    from hmac import digest\nexcept ImportError:\n    digest = None\nif TYPE_CHECKING:\n    from typing import Any\n"
FUNCTION = "def f():\n" + "    x = 1\n" * 4
CLASS = "class C:\n" + "    x = 1\n" * 8

# claim: (rule, sources, what the rule says)
Case = tuple[Callable[[Sequence[Source]], Collection[object]], dict[str, str], Collection[object]]
CASES: dict[str, Case] = {
    # Circles
    "two folders import each other": (
        circles_of,
        {"g/store/rows.py": "from g.time import clock", "g/time/clock.py": "", "g/time/keeping.py": "from g.store.rows import x"},
        ["g"],
    ),
    "the same arrows one way are no circle": (
        circles_of,
        {"g/store/rows.py": "from g.time import clock", "g/time/clock.py": "", "g/time/keeping.py": "from g.time import clock"},
        [],
    ),
    "three folders in a ring": (
        circles_of,
        {"g/a/x.py": "import g.b.x", "g/b/x.py": "import g.c.x", "g/c/x.py": "import g.a.x"},
        ["g"],
    ),
    "a module in the root of a package is a node": (
        circles_of,
        {"g/items.py": "from g.store import rows", "g/store/rows.py": "from g.items import Row"},
        ["g"],
    ),
    "folders of a folder": (
        circles_of,
        {"g/store/items/x.py": "from g.store.space import y", "g/store/space/y.py": "from g.store.items.x import z"},
        ["g/store"],
    ),
    "two files of one folder": (circles_of, {"g/a/x.py": "from g.a.y import z", "g/a/y.py": "from g.a import x"}, ["g/a"]),
    "an import that only the type checker sees counts": (
        circles_of,
        {"g/a/x.py": "import g.b.x", "g/b/x.py": "if TYPE_CHECKING:\n    from g.a.x import Y"},
        ["g"],
    ),
    "an import inside a function counts": (
        circles_of,
        {"g/a/x.py": "import g.b.x", "g/b/x.py": "def f():\n    from g.a.x import Y"},
        ["g"],
    ),
    "an import by the module's name counts": (
        circles_of,
        {"g/a/x.py": "import g.b.x", "g/b/x.py": "_X = 'g.a.x'\nimport_module(_X)"},
        ["g"],
    ),
    # Order of floors
    "every import goes down": (out_of_order, FLOORS | {"g/uplink/lane.py": "import g.store.rows"}, []),
    "an import goes up": (out_of_order, FLOORS | {"g/errors.py": "import g.store.rows"}, ["g/errors.py -> g/store/rows.py"]),
    "an import goes sideways": (out_of_order, FLOORS | {"g/store/rows.py": "import g.time.clock"}, ["g/store/rows.py -> g/time/clock.py"]),
    "a new folder without a floor": (out_of_order, FLOORS | {"g/web/page.py": ""}, ["g/web has no floor"]),
    "a floor of nothing": (out_of_order, {k: v for k, v in FLOORS.items() if "time" not in k}, ["g/time has a floor and is not there"]),
    # Purity
    "values in, values out": (impurities, {"g/a.py": PURE + "import json\nfrom random import Random"}, []),
    "a rim may do anything": (impurities, {"g/a.py": RIM + "open('x')"}, []),
    "a pure module imports the system": (impurities, {"g/a.py": PURE + "import os"}, ["g/a.py imports os"]),
    "a pure module imports a rim of ours": (impurities, {"g/a.py": PURE + "import g.b", "g/b.py": RIM}, ["g/a.py imports g.b"]),
    "a pure module imports a rim for the type checker": (
        impurities,
        {"g/a.py": PURE + "if TYPE_CHECKING:\n    from g.b import B", "g/b.py": RIM},
        ["g/a.py imports g.b.B"],
    ),
    "a pure module reaches a rim through a pure one": (
        impurities,
        {"g/a.py": PURE + "from g.b import B", "g/b.py": PURE + "from g.c import C", "g/c.py": RIM},
        ["g/b.py imports g.c.C"],
    ),
    "a pure module reaches a rim through a folder": (
        impurities,
        {"g/a.py": PURE + "from g.b import x", "g/b/__init__.py": RIM, "g/b/x.py": PURE},
        ["g/a.py imports g.b.x"],
    ),
    "a folder that says nothing is harmless": (
        impurities,
        {"g/a.py": PURE + "from g.b import x", "g/b/__init__.py": '"""B."""', "g/b/x.py": PURE},
        [],
    ),
    "a folder that is pure as a whole": (impurities, {"air/rules.py": "import os"}, ["air/rules.py imports os"]),
    "a comment says pure": (impurities, {"node/a.py": "# A rule.\n# Pure.\nimport os"}, ["node/a.py imports os"]),
    "pure with more behind it": (impurities, {"g/a.py": '"""A rule. Pure: no store."""\nimport os'}, ["g/a.py imports os"]),
    "another name of a module of which one is allowed": (
        impurities,
        {"g/a.py": PURE + "from random import randrange"},
        ["g/a.py imports random.randrange"],
    ),
    "a pure module opens a file": (impurities, {"g/a.py": PURE + "open('x')"}, ["g/a.py calls open"]),
    "a pure module makes chance": (impurities, {"g/a.py": PURE + "r = Random()"}, ["g/a.py calls Random() without a seed"]),
    "a pure module may calculate with dates": (impurities, {"g/a.py": PURE + "from datetime import date\ndate.fromordinal(1)"}, []),
    "a pure module asks what day it is": (
        impurities,
        {"g/a.py": PURE + "from datetime import date as d\nd.today"},
        ["g/a.py reads datetime.date.today"],
    ),
    "a pure module asks for the time by the module's name": (
        impurities,
        {"g/a.py": PURE + "import datetime as dt\nx = [dt.datetime.utcnow]"},
        ["g/a.py reads datetime.datetime.utcnow"],
    ),
    # Clocks
    "a clock that was handed in": (clocks, {"g/a.py": "clock.now()\nself.now()\nself._clock.monotonic()"}, []),
    "a clock that was imported": (clocks, {"g/a.py": "from time import monotonic as m\nm()"}, ["time.monotonic"]),
    "a clock handed on as a function": (clocks, {"g/a.py": "import time\nBackoff(clock=time.time)"}, ["time.time"]),
    "the clock of an event loop": (clocks, {"g/a.py": "loop.time()"}, ["loop.time"]),
    # Directions
    "one end imports the other": (wrong_way, {"gateway/a.py": "import fleet.b"}, ["gateway/a.py imports fleet.b"]),
    "both ends import what they speak": (wrong_way, {"gateway/a.py": "import contract.b", "fleet/a.py": "import contract.b"}, []),
    "the contract imports an end": (wrong_way, {"contract/a.py": "def f():\n    import fleet.b"}, ["contract/a.py imports fleet.b"]),
    "a device imports what it does not have": (
        foreign,
        {"contract/a.py": "import struct, dataclasses"},
        ["contract/a.py imports dataclasses"],
    ),
    "a device imports what is not for it": (
        foreign,
        {"contract/a.py": "import contract.site.x"},
        ["contract/a.py imports contract.site.x"],
    ),
    "one runtime has no such module": (unguarded, {"contract/a.py": "from typing import Any"}, ["contract/a.py imports typing"]),
    "guarded imports": (unguarded, {"contract/a.py": GUARDED}, []),
    "a relative import": (directions.relative_imports, {"g/a.py": "from . import b"}, ["g/a.py imports ."]),
    # Sizes and names
    "six parameters": (lambda s: sizes.long_constructors(s, LIMITS), {"g/a.py": class_with("a, b, c, *, d=1, e=2, f=3")}, []),
    "seven parameters": (
        lambda s: sizes.long_constructors(s, LIMITS),
        {"g/a.py": class_with("a, b, c, d, *, e=1, f=2, g=3")},
        ["g/a.py:Outbox"],
    ),
    "a long file": (lambda s: sizes.oversized(s, LIMITS), {"g/a.py": "x = 1\n" * 21}, ["g/a.py"]),
    "a long function": (lambda s: sizes.oversized(s, LIMITS), {"g/a.py": FUNCTION}, ["g/a.py:f"]),
    "a long class": (lambda s: sizes.oversized(s, LIMITS), {"g/a.py": CLASS}, ["g/a.py:C"]),
    "a folder without a subject": (sizes.names_without_subject, {"g/utils/a.py": "", "g/helper.py": ""}, ["g/utils/a.py", "g/helper.py"]),
    "a class without a subject": (sizes.names_without_subject, {"g/a.py": "class TaskManager: pass"}, ["g/a.py:TaskManager"]),
    # Handlers
    "a handler for everything": (handlers, {"g/a.py": "try:\n    f()\nexcept (ValueError, Exception):\n    pass"}, [3]),
    "a handler that raises what it caught": (handlers, {"g/a.py": "try:\n    f()\nexcept Exception:\n    g()\n    raise"}, []),
}


@pytest.mark.parametrize("claim", CASES)
def test_a_rule_is_red_on_what_breaks_it_and_on_nothing_else(claim: str) -> None:
    rule, files, expected = CASES[claim]
    assert list(rule(made_up(files))) == list(expected)


@pytest.mark.parametrize("opening", ["Purely data.", "What the pure part needs.", "It is pure.", "Text; pure."])
def test_a_module_may_not_speak_of_purity_and_stay_unheld(opening: str) -> None:
    source = made_up({"g/a.py": f'"""{opening}"""'})
    assert purity.unclear_claims(source, ()) == (["g/a.py"] if "Purely" not in opening else [])


def test_an_exception_excuses_what_it_names() -> None:
    assert unexcused(["g/a.py"], {"g/a.py": "a reason of four words"}) == []


@pytest.mark.parametrize(
    ("found", "exceptions", "said"),
    [
        (["g/a.py"], {}, ["g/a.py"]),
        (["g/a.py"], {"g/a.py": "later"}, ["exception without a reason: g/a.py"]),
        ([], {"g/a.py": "a reason of four words"}, ["exception that nothing needs: g/a.py"]),
    ],
)
def test_an_exception_needs_a_reason_and_a_need(found: list[str], exceptions: dict[str, str], said: list[str]) -> None:
    assert unexcused(found, exceptions) == said
