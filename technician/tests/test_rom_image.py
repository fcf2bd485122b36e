"""The image is what MicroPython reads: names, folders and contents come back from the interpreter's own file system."""

import json
import subprocess
from pathlib import Path

import pytest

from hil_tests.micropython import micropython_command
from technician.rom_image import rom_image

READ = """
import json, os, sys, vfs
with open(sys.argv[1], "rb") as file:
    vfs.mount(vfs.VfsRom(file.read()), "/rom")
found = {}
def walk(folder):
    for entry in os.ilistdir(folder):
        path = folder + "/" + entry[0]
        if entry[1] == 0x4000:
            walk(path)
        else:
            with open(path, "rb") as file:
                found[path[4:]] = file.read().hex()
walk("/rom")
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"/top.mpy": b"t"},
        {"/node/app.mpy": b"app", "/node/drivers/sps30.mpy": bytes(200), "/node/drivers/empty.mpy": b"", "/contract/crc.mpy": b"c" * 20000},
    ],
    ids=["empty", "one file", "folders"],
)
def test_the_interpreter_reads_what_was_put_in(tmp_path: Path, files: dict[str, bytes]) -> None:
    (tmp_path / "image").write_bytes(rom_image(files))
    (tmp_path / "read.py").write_text(READ)
    command = [*micropython_command(), str(tmp_path / "read.py"), str(tmp_path / "image")]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert {path: bytes.fromhex(content) for path, content in found.items()} == files


def test_the_same_files_are_the_same_image_in_any_order() -> None:
    assert rom_image({"/b": b"2", "/a/c": b"1"}) == rom_image({"/a/c": b"1", "/b": b"2"})
