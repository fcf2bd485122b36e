"""Bundles of versions that never were: the sources of this checkout with one change, built as `make dist` builds them."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.dist import bundle, locked, wheel
from tools.setup.steps import CHECKOUT


def other_version(made_from: Path, folder: Path, changes: Mapping[str, tuple[str, str]]) -> Path:
    """A copy of a bundle with another wheel. `changes`: file -> (what stands there, what stands there then)."""
    source = folder / "source"
    for name in wheel.sources(CHECKOUT):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, source / name)
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    for name, (before, after) in changes.items():
        text = (source / name).read_text()
        assert before in text, f"{name} has no {before!r}"
        (source / name).write_text(text.replace(before, after))
    made = folder / "bundle"
    shutil.copytree(made_from, made)
    for old in (made / "wheels").glob("airgrid-*.whl"):
        old.unlink()
    built = wheel.build(source, made / "wheels")
    version = built.name.split("-")[1]
    requirements = made / "requirements.txt"
    kept = requirements.read_text().rpartition("airgrid==")[0]
    requirements.write_text(kept + locked.pinned("airgrid", version, bundle.digest(built)))
    about = re.sub(r"(?m)^VERSION=.*$", f"VERSION={version}", (made / "about").read_text())
    (made / "about").write_text(about)
    (made / "SHA256SUMS").write_text(bundle.sums(made))
    return made
