"""The design as rules over the sources of this project: who may import whom, what is pure, who reads a clock, how large things are.

The rules are in hil_tests/architecture/, and test_architecture_rules.py breaks each of them. Here are the tables. An exception has a
reason, and one that nothing needs any more fails.
"""

import pytest

from hil_tests.architecture import directions, purity, sizes
from hil_tests.architecture.clocks import clock_reads
from hil_tests.architecture.exceptions import unexcused
from hil_tests.architecture.import_graph import ImportGraph, against_order, circles
from hil_tests.architecture.source import Source, broad_handlers, imported_names
from hil_tests.source_tree import sources

# Package -> whom of us it may import, besides itself.
DIRECTIONS: dict[str, set[str]] = {
    "contract": set(),
    "air": {"contract"},
    "firmware": {"node", "contract"},
    "host": {"contract"},
    "gateway": {"contract", "air", "host"},
    "fleet": {"contract", "air", "host"},
    "technician": {"contract", "air", "host"},
    "tools": {"contract", "host", "gateway", "fleet", "technician"},
    "hil_tests": {"contract", "air", "firmware", "node", "host", "gateway", "fleet", "technician", "tools"},
}
# What the tests of a package may import besides: where the interpreter is, the document that is made from its tables, and the one stand-in
# of the fleet service, which gateway and bench share: it is held to the service by cases, so it may know the service's reader.
FOR_TESTS = {
    "hil_tests.micropython", "hil_tests.source_tree", "tools.protocol_doc",
    "hil_tests.stand_in_fleet.faults", "hil_tests.stand_in_fleet.fleet",
}  # fmt: skip

# What CPython and MicroPython both have; of the guarded ones only one runtime has any, or none at all.
GUARDED = {"hmac", "typing"}
BOTH_RUNTIMES = {"binascii", "collections", "hashlib", "json", "struct"} | GUARDED
SITE = BOTH_RUNTIMES | {"dataclasses", "enum"}
DEVICE = BOTH_RUNTIMES | {
    "asyncio", "errno", "gc", "io", "machine", "micropython", "network", "os", "random", "select", "socket", "ssl", "sys", "time", "tls",
    "vfs",
}  # fmt: skip

PURE = purity.Tables(
    folders=("contract/", "air/"),
    libraries=frozenset({
        "ast", "base64", "binascii", "bisect", "calendar", "collections", "contextlib", "cryptography", "dataclasses", "datetime",
        "decimal", "difflib", "enum", "errno", "functools",
        "hashlib", "hmac", "ipaddress", "itertools", "json", "math", "msgspec", "operator", "re", "shlex", "struct", "typing",
        "zlib",
    }),
    names={
        "importlib.resources.files": "a package's own templates, which are part of its code",
        "mpremote.romfs.VfsRomWriter": "files in, the bytes of an image out",
        "node.portable.const": "a second module for the sleep beside it would cost every node heap",
        "node.transient_import": "imports a module that these tests see by its name, and drops it",
        "os.strerror": "the system's table of texts",
        "pathlib.PurePath": "names of files that nobody opens",
        "pathlib.PurePosixPath": "names of files that nobody opens",
        "urllib.parse.urlsplit": "cuts a text into parts, and opens nothing",
        "random.Random": "a generator that is handed in, or made from a seed",
    },
)  # fmt: skip
# "path imports name" -> why a pure module may. Empty is the aim.
IMPURE: dict[str, str] = {}

# Folder -> why its nodes form a circle. Empty is the aim.
CIRCLES: dict[str, str] = {}

# Folder -> its folders and modules by floors, the lowest first. An import goes to a lower floor, never to the same one.
FLOORS: dict[str, list[tuple[str, ...]]] = {
    "fleet": [
        ("__init__.py", "clock.py", "errors.py"),
        ("store",),
        ("background",),
        ("http",),
        ("people",),
        ("places",),
        ("devices",),
        ("record",),
        ("alarms",),
        ("releases",),
        ("configuration",),
        ("secret_file.py", "state_folder.py", "token_look_up.py"),
        ("listening_places.py", "metrics.py", "option_file.py", "options.py", "readiness.py", "watchdog.py"),
        ("option_words.py", "service.py", "version_trial.py", "works.py"),
        ("api", "installation"),
        ("pages",),
        ("application.py", "serving.py"),
        ("command",),
        ("cli.py",),
        ("__main__.py",),
    ],
    "gateway": [
        ("__init__.py", "backoff.py", "counters.py", "errors.py", "gather_window.py", "identity.py", "items.py", "time",
         "version.py"),
        ("error_log.py", "identity_file.py", "intake", "ports"),
        ("telemetry.py",),
        ("outputs", "store"),
        ("configuration.py", "process", "station"),
        ("broker", "upkeep"),
        ("carriers", "installation"),
        ("reception", "sources"),
        ("uplink",),
        ("desired",),
        ("evaluation", "factories.py"),
        ("health",),
        ("web",),
        ("wiring.py",),
        ("command",),
        ("__main__.py",),
    ],
    "gateway/store": [
        ("__init__.py", "counts.py", "lanes.py", "migrate_items.py", "packing.py", "store_thread.py"),
        ("schema.py",),
        ("database.py",),
        ("inspection.py", "items"),
        ("site",),
        ("delivery", "export.py"),
        ("buffer.py", "health_records.py", "restored.py", "sent_again.py", "space"),
        ("store.py",),
        ("writer.py",),
    ],
}  # fmt: skip

# The only ones that read a clock; everybody else is handed the time.
CLOCKS = {"firmware/node/clock.py", "gateway/time/clock.py", "fleet/clock.py"}
# The bench measures by the wall clock, set-up says how long it took.
FREE_OF_CLOCK_RULE = ("hil_tests", "tools")

LIMITS = sizes.Limits(file_lines=300, function_lines=40, class_lines=200, constructor_parameters=6)
# path, or path:name -> why it is longer.
LONGER = {
    "hil_tests/board/board.py:VirtualBoard": "what a test does with a board, one short method each; halves would share every field",
    "technician/commands/nodes.py:provision": "an option a line, in the order of the help; what it does is in provision.py",
    "fleet/store/migrations/versions/r0001_spine.py:upgrade": "one statement after the other, run once; halves would have no names",
}
# path:class -> why its constructor has more parameters. Records (dataclasses, named tuples) are not counted: they only hold.
MORE_PARAMETERS = {
    "firmware/node/drivers/dialogue.py:Dialogue": "what one kind of part is asked, as plain values: an object for them would cost heap",
    "firmware/node/drivers/modbus_slave.py:Slave": "one row of the settings, spread: an object for it would cost heap",
    "firmware/node/drivers/uart_part.py:UartPart": "what one kind of part is, as plain values: an object for them would cost heap",
    "firmware/node/mqtt_carrier.py:MqttCarrier": "the wiring of a node, which is done once; an object more would cost heap",
    "firmware/node/mqtt_link.py:MqttLink": "the wiring of a node, which is done once; an object more would cost heap",
    "firmware/node/tasks.py:ConsoleAccess": "what the console may look into: all parts of a node, by nature",
    "firmware/node/tasks.py:Tasks": "the wiring of a node, which is done once; an object more would cost heap",
    "hil_tests/board/board.py:VirtualBoard": "a board's properties, each with a default and given by its name",
    "hil_tests/district.py:District": "a bench's properties, each with a default and given by its name",
    "hil_tests/sensors/plantower.py:Plantower": "a sensor's properties, each with a default and given by its name",
    "hil_tests/simulated_time.py:SimulatedRun": "a run's properties, each with a default and given by its name",
}

# path -> why a handler for everything stands there.
BROAD_HANDLERS = {
    "gateway/store/store_thread.py": "hands whatever was raised to the one who asked, on the other thread",
    "firmware/main.py": "the outermost edge of the node: notes the crash and starts again",
    "firmware/node/measuring.py": "a driver's task: its fault is counted, and is not the other drivers'",
    "firmware/node/mqtt_link.py": "the receiving task: serve() raises it again where it is seen",
    "firmware/node/console_input.py": "what a technician typed must not end the node: shown to the technician",
    "gateway/evaluation/reader.py": "in the way of every commit: a report that cannot be judged is counted, logged and acknowledged",
    "air/rules/rule_set.py": "the edge of a rule: reported as a fact; the other rules judge the same report",
    "gateway/sources/source_supervisor.py": "the edge of a source: one that cannot be made is counted and logged; the others are started",
    "gateway/desired/in_force.py": "the edge of a part of the gateway: counted, noted, and keeps the document on trial from being kept",
    "gateway/web/other_loop.py": "the end of a thread: handed to the one who waits for it, on the other thread",
    "gateway/process/supervision.py": "a task of the gateway: counted, logged, started again after a while",
    "fleet/background/runner.py": "the edge of a work in the background: counted, logged, written down; the others go on",
    "fleet/background/job_lane.py": "the edge of a job: it has failed, and its row says why; the others go on",
    "fleet/configuration/version_watch.py": "the watching task: counted; a store that is away must not end it",
    "fleet/http/answers.py": "the edge of a request: counted, logged whole, and answered as a problem like every other error",
    "fleet/people/open_requests.py": "the watching task, and the edge of an answer: counted; what cannot be judged is not answered",
    "fleet/places/photo_encoding.py": "around a decoder, which declares nothing of what it raises: raised as our own error",
    "fleet/store/writer.py": "the writing thread: given to everybody who waits for this commit",
    "hil_tests/board/orders.py": "the board's thread: raised where the order was given",
    "hil_tests/board/device/chip.py": "the interpreter's outermost edge: prints as a board does",
    "hil_tests/board/device/repl.py": "what a person typed may raise anything: prints it as a board does",
}


def of_product() -> list[Source]:
    return [source for source in sources() if not source.is_test]


def below(folder: str) -> list[Source]:
    return [source for source in of_product() if source.path.startswith(folder)]


def test_imports_go_in_the_directions_of_the_design() -> None:
    assert not directions.wrong_way(sources(), DIRECTIONS, FOR_TESTS)


def test_no_import_is_relative() -> None:
    assert not directions.relative_imports(sources())


def test_code_for_the_device_imports_only_what_is_there() -> None:
    of_nodes = [source for source in below("contract/") if not source.path.startswith("contract/site/")]
    assert not directions.foreign_imports(of_nodes, BOTH_RUNTIMES | {"contract"}, never=["contract.site"])
    assert not directions.foreign_imports(below("firmware/"), DEVICE | {"node", "contract"}, never=["contract.site"])
    assert not directions.unguarded_imports([*of_nodes, *below("firmware/")], GUARDED)


def test_what_gateway_and_fleet_speak_imports_little_more() -> None:
    assert not directions.foreign_imports(below("contract/site/"), SITE | {"contract"})


def test_the_folders_of_a_package_form_no_circle() -> None:
    found = circles(ImportGraph(of_product()).arrows, [source.path for source in of_product()])
    assert not unexcused(found, CIRCLES), found


@pytest.mark.parametrize("folder", FLOORS)
def test_imports_go_down_the_floors_of_a_folder(folder: str) -> None:
    arrows = ImportGraph(of_product()).arrows
    assert not against_order(arrows, [source.path for source in of_product()], folder, FLOORS[folder])


def test_pure_modules_are_pure_all_the_way_down() -> None:
    assert not unexcused(purity.impurities(of_product(), PURE), IMPURE)


def test_a_module_that_speaks_of_being_pure_is_held_to_it() -> None:
    assert not purity.unclear_claims(of_product(), PURE.folders)


def test_every_name_that_pure_modules_may_take_is_taken() -> None:
    taken = {name for source in of_product() if purity.is_pure(source, PURE.folders) for name in imported_names(source)}
    assert not PURE.names.keys() - taken


def test_only_the_clock_modules_read_a_clock() -> None:
    watched = [source for source in of_product() if source.package not in FREE_OF_CLOCK_RULE and source.path not in CLOCKS]
    assert not [f"{source.path}:{line} reads {name}" for source in watched for name, line in clock_reads(source)]


def test_files_functions_and_classes_are_of_readable_size() -> None:
    assert not unexcused(sizes.oversized(sources(), LIMITS), LONGER)


def test_constructors_have_few_parameters() -> None:
    assert not unexcused(sizes.long_constructors(of_product(), LIMITS), MORE_PARAMETERS)


def test_no_module_and_no_class_has_a_name_that_says_nothing() -> None:
    assert not sizes.names_without_subject(sources())


def test_a_handler_for_everything_stands_only_where_it_is_argued() -> None:
    assert not unexcused((source.path for source in of_product() if list(broad_handlers(source))), BROAD_HANDLERS)
