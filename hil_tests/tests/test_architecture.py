"""The cut of the system, as rules over its sources: who may know whom, what is pure, who reads the clock, how long things are.

Every exception stands in a table here, with its reason.
"""

import ast
import re

import pytest

from hil_tests.source_tree import Source, blocks, broad_handlers, called, imports, sources

# Package -> whom of us it may import, besides itself.
DIRECTIONS: dict[str, set[str]] = {
    "contract": set(),
    "air": {"contract"},
    "firmware": {"node", "contract"},
    "gateway": {"contract", "air"},
    "fleet": {"contract", "air"},
    "technician": {"contract", "air"},
    "tools": {"contract", "gateway", "fleet", "technician"},
    "hil_tests": {"contract", "air", "node", "gateway", "fleet", "technician", "tools"},
}
OURS = {*DIRECTIONS, "node"} - {"firmware"}
# What the tests of a package may know besides: where the interpreter is, and the document that is made from its tables.
FOR_TESTS = {"hil_tests.micropython", "hil_tests.source_tree", "tools.protocol_doc"}

# What CPython and MicroPython both have. hmac only behind a test whether it is there, typing only for the type checker.
BOTH_RUNTIMES = {"binascii", "collections", "hashlib", "hmac", "json", "struct", "typing"}
DEVICE = BOTH_RUNTIMES | {
    "asyncio", "errno", "gc", "io", "machine", "micropython", "network", "os", "random", "select", "socket", "ssl", "sys", "time", "tls",
    "vfs",
}  # fmt: skip

# Modules that take bytes and values in and give facts out. A name that ends in "/" stands for all below it, tests aside.
PURE = (
    "contract/", "air/",
    "firmware/node/backoff.py", "firmware/node/history.py", "firmware/node/mqtt.py", "firmware/node/outbox.py", "firmware/node/periods.py",
    "firmware/node/sampler.py", "firmware/node/session.py", "firmware/node/supervisor.py", "firmware/node/counter_events.py",
    "firmware/node/drivers/modbus_frames.py", "firmware/node/drivers/framing.py",
    "firmware/node/drivers/dialogue.py", "firmware/node/drivers/plantower_frames.py", "firmware/node/drivers/plantower_models.py",
    "firmware/node/drivers/plantower_sender.py",
    "firmware/node/drivers/window.py", "firmware/node/reset_cause.py",
    "firmware/node/drivers/weak_check_filter.py", "firmware/node/drivers/modbus_slave.py",
    "firmware/node/drivers/plantower_weak_checks.py", "firmware/node/drivers/shdlc.py",
    "firmware/node/drivers/sps30_dialogue.py", "firmware/node/duty.py", "firmware/node/qa.py", "firmware/node/sensor_health.py",
    "firmware/node/size_order.py", "firmware/node/twins.py",
    "gateway/intake/acks.py", "gateway/counters.py", "gateway/store/site/dating.py", "gateway/store/delivery/in_flight.py",
    "gateway/store/items/sequence_ranges.py",
    "gateway/store/packing.py", "gateway/desired/document.py",
    "gateway/uplink/ingest_body.py", "gateway/uplink/live_window.py", "gateway/uplink/pace.py", "gateway/uplink/traffic.py",
    "gateway/time/site_clock.py",
    "gateway/intake/intake.py", "gateway/items.py", "gateway/intake/node_settings.py",
    "gateway/desired/plan.py", "gateway/desired/trial.py", "gateway/evaluation/backlog.py", "gateway/evaluation/faster.py",
    "gateway/evaluation/alarm_events.py", "gateway/evaluation/watches.py", "gateway/outputs/pattern.py",
    "gateway/intake/rate_limit.py", "gateway/sources/averages.py", "gateway/sources/bam1020.py",
    "gateway/sources/bayern_hessen.py", "gateway/sources/nmea.py", "gateway/sources/modbus_slave.py", "gateway/sources/period.py",
    "fleet/http/byte_range.py", "fleet/record/ingest/items.py", "fleet/pages/words.py", "fleet/http/rate_limit.py",
    "technician/flash.py", "technician/flash_plan.py", "technician/provisioning.py",
    "hil_tests/plan.py", "hil_tests/sensors/modbus_slaves.py", "tools/board_modules.py", "tools/setup/apt_sources.py",
)  # fmt: skip
IMPURE_IMPORTS = {
    "aiohttp", "aiomqtt", "asyncio", "datetime", "logging", "machine", "network", "os", "pathlib", "random", "secrets", "select", "serial",
    "shutil", "socket", "sqlite3", "sqlalchemy", "subprocess", "threading", "time", "urllib",
}  # fmt: skip
IMPURE_CALLS = {"open", "print", "input"}

# The only ones that read a clock; everybody else is handed the time.
CLOCKS = {"firmware/node/clock.py", "gateway/time/clock.py", "fleet/clock.py"}
CLOCK_CALLS = re.compile(r"(^|\.)(time|time_ns|monotonic|monotonic_ns|perf_counter|ticks_ms|ticks_us|utcnow|now|today)$")
# The bench measures by the wall clock, set-up says how long it took.
FREE_OF_CLOCK_RULE = ("hil_tests", "tools")

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_CLASS_LINES = 200
# path, or path:name -> why it is longer.
LONGER = {
    "hil_tests/board/board.py:VirtualBoard": "what a test does with a board, one short method each; halves would share every field",
    "fleet/store/migrations/versions/r0001_spine.py:upgrade": "one statement after the other, run once; halves would have no names",
}

FORBIDDEN_NAMES = re.compile(r"^(utils?|helpers?|common|managers?|base|core|misc)$")
FORBIDDEN_CLASSES = re.compile(r"(Manager|Helper|Utils?)$")

# path -> why a handler for everything stands there.
BROAD_HANDLERS = {
    "gateway/store/store_thread.py": "hands whatever was raised to whoever asked, on the other thread",
    "firmware/main.py": "the outermost edge of the node: notes the crash and starts again",
    "firmware/node/measuring.py": "a driver's task: its fault is counted, and is not the other drivers'",
    "firmware/node/mqtt_link.py": "the receiving task: serve() raises it again where it is seen",
    "firmware/node/console_input.py": "what a technician typed must not end the node: shown to him",
    "gateway/evaluation/reader.py": "in the way of every commit: a report that cannot be judged is counted, told and acknowledged",
    "gateway/evaluation/watches.py": "the edge of a rule: counted and told; its report is not lost to the other rules",
    "gateway/sources/source_supervisor.py": "the edge of a source: one that cannot be made is counted and told; the others are started",
    "gateway/process/supervision.py": "a task of the gateway: counted, logged, started again after a while",
    "fleet/configuration/version_watch.py": "the watching task: counted; a store that is away must not end it",
    "fleet/store/writer.py": "the writing thread: given to everybody who waits for this commit",
    "hil_tests/board/orders.py": "the board's thread: raised where the order was given",
    "hil_tests/board/device/chip.py": "the interpreter's outermost edge: prints as a board does",
    "hil_tests/board/device/repl.py": "what a person typed may raise anything: prints it as a board does",
}


def of_product() -> list[Source]:
    return [source for source in sources() if not source.is_test]


def is_pure(source: Source) -> bool:
    return any(source.path == name or (name.endswith("/") and source.path.startswith(name)) for name in PURE)


def test_imports_go_in_the_directions_of_the_design() -> None:
    wrong = [
        f"{source.path} imports {name}"
        for source in sources()
        for name in imports(source)
        if (top := name.split(".")[0]) in OURS and top != source.package and top not in DIRECTIONS[source.package]
        if not (source.is_test and name in FOR_TESTS)
    ]
    assert not wrong


def test_no_import_is_relative() -> None:
    assert not [f"{source.path}: {name}" for source in sources() for name in imports(source) if name.startswith(".")]


@pytest.mark.parametrize(("package", "known"), [("contract", BOTH_RUNTIMES), ("firmware", DEVICE)])
def test_code_for_the_device_imports_only_what_is_there(package: str, known: set[str]) -> None:
    allowed = known | DIRECTIONS[package] | {package}
    foreign = [
        f"{s.path}: {name}" for s in of_product() if s.package == package for name in imports(s) if name.split(".")[0] not in allowed
    ]
    assert not foreign


def test_every_pure_module_exists() -> None:
    paths = [source.path for source in of_product()]
    assert not [name for name in PURE if not any(path == name or path.startswith(name) for path in paths)]


def test_pure_modules_touch_no_wire_no_file_and_no_clock() -> None:
    pure = [source for source in of_product() if is_pure(source)]
    wrong = [f"{source.path} imports {name}" for source in pure for name in imports(source) if name.split(".")[0] in IMPURE_IMPORTS]
    wrong += [f"{source.path}:{line} calls {name}" for source in pure for name, line in called(source) if name in IMPURE_CALLS]
    assert not wrong


def test_only_the_clock_modules_read_a_clock() -> None:
    watched = [source for source in of_product() if source.package not in FREE_OF_CLOCK_RULE and source.path not in CLOCKS]
    wrong = [f"{s.path}:{line} calls {name}" for s in watched for name, line in called(s) if CLOCK_CALLS.search(name) and "." in name]
    assert not [text for text in wrong if not re.search(r"calls (\w+\.)*(clock|_clock|self)\.", text)]


def test_files_functions_and_classes_are_of_readable_size() -> None:
    functions: tuple[type[ast.stmt], ...] = (ast.FunctionDef, ast.AsyncFunctionDef)
    long = [(source.path, source.lines, MAX_FILE_LINES) for source in sources()]
    long += [(name, lines, MAX_FUNCTION_LINES) for source in sources() for name, lines in blocks(source, functions)]
    long += [(name, lines, MAX_CLASS_LINES) for source in sources() for name, lines in blocks(source, (ast.ClassDef,))]
    too_long = {name: lines for name, lines, limit in long if lines > limit}
    assert not {name: lines for name, lines in too_long.items() if name not in LONGER}
    assert not [name for name in LONGER if name not in too_long], "an exception that nothing needs any more"


def test_no_module_and_no_class_has_a_name_that_says_nothing() -> None:
    modules = [s.path for s in sources() if any(FORBIDDEN_NAMES.match(part) for part in s.path.removesuffix(".py").split("/"))]
    classes = [name for s in sources() for name, _ in blocks(s, (ast.ClassDef,)) if FORBIDDEN_CLASSES.search(name)]
    assert not modules + classes


def test_a_handler_for_everything_stands_only_where_it_is_argued() -> None:
    found = {source.path: list(broad_handlers(source)) for source in of_product()}
    assert not {path: lines for path, lines in found.items() if lines and path not in BROAD_HANDLERS}
    assert not [path for path in BROAD_HANDLERS if not found.get(path)], "an exception that nothing needs any more"
