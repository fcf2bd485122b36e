"""A file of settings that cannot be read is one line, with what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host.errors import UnreadableError
from host.toml_file import ReadBy, read_toml

READ_BY = ReadBy("airgrid-x", "airgrid", "docs have every key")
# what is done to the file, what is said of it
WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, "no such file; --config names another, airgrid-x install writes one"),
    "a folder": (Path.mkdir, "Is a directory -> --config names another file"),
    "no text": (lambda path: path.write_bytes(b"a = '\xff'"), "no text in UTF-8 -> put back a copy (airgrid-x restore)"),
    "no TOML": (lambda path: path.write_text("\n\nport 80"), "line 3"),
    "nested": (lambda path: path.write_text("a = " + "[" * 100_000), "lists within lists"),
    "too long": (lambda path: path.write_text("a = 1\n" + "#" * (1 << 20) + "\nb = 2"), "more than 1048576 bytes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_what_to_do(case: str, tmp_path: Path) -> None:
    make, says = WRONG[case]
    path = tmp_path / "x.toml"
    make(path)
    with pytest.raises(UnreadableError) as refused:
        read_toml(path, READ_BY)
    assert str(refused.value).startswith(f"{path}: ") and says in str(refused.value)


def test_what_is_right_is_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("port = 80\n[web]\nname = 'a'\n")
    assert read_toml(path, READ_BY) == {"port": 80, "web": {"name": "a"}}
