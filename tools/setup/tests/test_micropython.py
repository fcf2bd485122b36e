"""What is unpacked was signed by a key of this machine, and starts with its own loader whatever the architecture."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tools.setup.errors import SetupError
from tools.setup.micropython import download, machine_sources, usable, write_launcher

needs_apt = pytest.mark.skipif(not (shutil.which("apt-get") and shutil.which("dpkg-deb")), reason="this machine has no apt")


@needs_apt
def test_a_repository_that_nobody_signed_is_refused(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    control = tmp_path / "package" / "DEBIAN" / "control"
    control.parent.mkdir(parents=True)
    control.write_text("Package: micropython\nVersion: 9\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: forged\n")
    index = repository / "dists" / "trixie" / "main" / "binary-all"
    index.mkdir(parents=True)
    subprocess.run(["dpkg-deb", "--build", str(tmp_path / "package"), str(repository / "m.deb")], check=True, capture_output=True)
    (index / "Packages").write_text(control.read_text() + f"Filename: ./m.deb\nSize: {(repository / 'm.deb').stat().st_size}\n")
    (repository / "dists" / "trixie" / "Release").write_text("Suite: trixie\nCodename: trixie\nArchitectures: all\nComponents: main\n")
    stanza = f"Types: deb\nURIs: file://{repository}\nSuites: trixie\nComponents: main\n"
    with pytest.raises(SetupError, match="not signed"):
        download(stanza, "micropython", tmp_path / "scratch")


@pytest.mark.parametrize(
    ("folder", "loader"),
    [
        ("x86_64-linux-gnu", "ld-linux-x86-64.so.2"),
        ("aarch64-linux-gnu", "ld-linux-aarch64.so.1"),
        ("arm-linux-gnueabihf", "ld-linux-armhf.so.3"),
    ],
)
def test_the_launcher_finds_the_loader_of_each_architecture(tmp_path: Path, folder: str, loader: str) -> None:
    place = tmp_path / "a folder" / "root" / "usr" / "lib" / folder / loader
    place.parent.mkdir(parents=True)
    place.write_text('#!/bin/sh\necho "$@"\n')
    place.chmod(0o755)
    write_launcher(tmp_path / "a folder")
    (tmp_path / "link").symlink_to(tmp_path / "a folder" / "micropython")
    said = subprocess.run([str(tmp_path / "link"), "-X", "heapsize=1m", "a b"], capture_output=True, text=True, check=True).stdout
    root = tmp_path / "a folder" / "root"
    assert said == f"--library-path {place.parent} {root}/usr/bin/micropython -X heapsize=1m a b\n"


def test_files_without_a_loader_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="found 0"):
        write_launcher(tmp_path)


@pytest.mark.parametrize(("answer", "will_do"), [("(1, 25, 0, '')", True), ("(1, 23, 0)", True), ("(1, 22, 2)", False), ("", False)])
def test_an_interpreter_older_than_1_23_will_not_do(tmp_path: Path, answer: str, will_do: bool) -> None:
    command = tmp_path / "micropython"
    command.write_text(f'#!/bin/sh\necho "{answer}"\n')
    command.chmod(0o755)
    assert usable(str(command)) is will_do


def test_an_interpreter_that_is_not_there_will_not_do() -> None:
    assert not usable(None)
    assert not usable("/nowhere/micropython")


def test_both_kinds_of_source_files_of_a_machine_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "two.list").write_text("deb http://two.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "three.sources").write_text(
        "Types: deb\nURIs: http://three.example/\nSuites: bookworm\nComponents: main\n"
    )
    (tmp_path / "sources.list.d" / "four.sources.disabled").write_text(
        "Types: deb\nURIs: http://four.example/\nSuites: b\nComponents: main\n"
    )
    assert [source.uris for source in machine_sources(tmp_path)] == [
        "http://one.example/debian",
        "http://three.example/",
        "http://two.example/debian",
    ]
