"""The check itself: that it finds what it is for. Uses the stubs that the check installs."""

from pathlib import Path

import pytest

from tools import check_firmware


def test_every_part_of_the_node_and_the_contract_is_checked() -> None:
    names = {path.relative_to(check_firmware.CHECKOUT).as_posix() for path in check_firmware.sources()}
    assert {"firmware/boot.py", "firmware/main.py", "firmware/node/app.py", "firmware/node/boards/pico_w.py", "contract/crc.py"} <= names
    assert not [name for name in names if "tests" in name]


def test_a_source_that_does_not_compile_is_named(tmp_path: Path) -> None:
    source = tmp_path / "wrong.py"
    source.write_text("match 1:\n    case 1: pass\n")
    faults = check_firmware.compile_faults(source)
    assert len(faults) == 1 and "wrong.py" in faults[0] and "SyntaxError" in faults[0]


def test_the_hashes_of_the_lock_come_with_the_package() -> None:
    lock = "alpha==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n    # via x\nbeta==2 \\\n    --hash=sha256:bb\n"
    assert check_firmware.locked(["beta"], lock).split() == ["beta==2", "\\", "--hash=sha256:bb"]
    assert "sha256:ab" in check_firmware.locked(["alpha"], lock)
    with pytest.raises(KeyError):
        check_firmware.locked(["gamma"], lock)


def test_what_a_board_does_not_have_is_a_fault() -> None:
    wrong = check_firmware.CHECKOUT / "build" / "stubs" / "wrong.py"
    for port in check_firmware.PORTS:
        check_firmware.stubs(port)
        wrong.write_text("import machine\n\nmachine.no_such_thing()\nmachine.WDT(timeout=8000).feed()\n")
        faults = check_firmware.type_faults(port, [wrong])
        assert len(faults) == 1 and "no_such_thing" in faults[0], faults
