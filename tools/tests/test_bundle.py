"""The installer of a bundle has all that it needs beside it: there is no airgrid yet on the machine where it runs."""

import subprocess
import sys
from pathlib import Path

from hil_tests.source_tree import CHECKOUT
from tools.dist import bundle


def test_the_installer_finds_all_its_modules_in_the_bundle(tmp_path: Path) -> None:
    installer = tmp_path / "installer"
    bundle.add_installer(CHECKOUT, installer)
    modules = [".".join(path.relative_to(installer).with_suffix("").parts) for path in sorted(installer.rglob("*.py"))]
    wanted = [module.removesuffix(".__init__") for module in modules if module != "__main__"]
    program = f"import sys; sys.path.insert(0, {str(installer)!r})\nfor name in {wanted!r}: __import__(name)"
    # Without the packages of the environment, and from a folder that has none of ours.
    done = subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert len(wanted) > 10 and done.returncode == 0, done.stderr
