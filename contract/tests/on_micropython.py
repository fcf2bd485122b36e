# Runs the tests of one module under MicroPython:  micropython -m contract.tests.on_micropython contract.tests.test_crc
# Tests are functions named test_* without arguments. Ends with the number of those that failed.

import sys


def run(name: str) -> int:
    module = __import__(name, None, None, ("*",))
    tests = sorted(key for key in dir(module) if key.startswith("test_"))
    failed = 0
    for key in tests:
        try:
            getattr(module, key)()
        except Exception as error:  # noqa: BLE001 - the outer edge: whatever a test raises is its failure
            failed += 1
            print("FAILED", name + "." + key)  # noqa: T201
            sys.print_exception(error)  # type: ignore[attr-defined]
    print("%d of %d passed" % (len(tests) - failed, len(tests)))  # noqa: T201
    return failed if tests else 1


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
