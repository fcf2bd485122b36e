"""Bundles of versions that never were: the sources of this checkout with one change, built as `make dist` builds them."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.dist import bundle, locked, wheel
from tools.setup.steps import CHECKOUT

# file -> (what stands there, what stands there then); a new file: ("", its text).
Change = Mapping[str, tuple[str, str]]


def other_version(made_from: Path, folder: Path, *changes: Change) -> Path:
    """A copy of a bundle with another wheel."""
    source = folder / "source"
    for name in wheel.sources(CHECKOUT):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(CHECKOUT / name, source / name)
    subprocess.run(["git", "init", "-q", str(source)], check=True)
    for name, (before, after) in ((name, texts) for change in changes for name, texts in change.items()):
        text = (source / name).read_text() if before else ""
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


def numbered(version: str) -> Change:
    return {"gateway/version.py": ('VERSION = "0.1.0"', f'VERSION = "{version}"')}


ENDS_AT_ONCE: Change = {"gateway/command/service.py": ('    """Until SIGTERM."""\n', '    raise SystemExit("this version ends at once")\n')}
DELIVERS_NOTHING: Change = {"gateway/uplink/fleet_api.py": ("self._post(device_api.INGEST, body", 'self._post("/nowhere", body')}
# A fleet service that answers nobody, and ends with the first delivery that it has committed.
ENDS_WITH_A_DELIVERY: Change = {
    "fleet/api/health.py": (
        '    """Whether the service answers. Needs no token."""\n',
        '    raise ValueError("this version does not answer")\n',
    ),
    "fleet/service.py": ("        self.catalogue.learn(view)\n", '        __import__("os")._exit(3)\n'),
}
# As soon as its tables are as it wants them.
FLEET_ENDS_AT_ONCE: Change = {
    "fleet/cli.py": ("    serve(application, ", '    raise SystemExit("this version ends at once")\n    serve(application, ')
}
_TABLE = """
@MIGRATIONS()
def of_this_version_{0}(db: Database) -> None:
    db.execute("CREATE TABLE of_this_version_{0} (x)")

"""
_REVISION = '''"""Of this version."""

import sqlalchemy as sa
from alembic import op

revision = "{0}"
down_revision = "{1}"


def upgrade() -> None:
    op.create_table("of_this_version_{0}", sa.Column("x", sa.Integer()))
'''


def other_buffer(steps: int = 1) -> Change:
    """A gateway that keeps its buffer in a form so many steps newer."""
    version = int(re.findall(r"^VERSION = (\d+)", (CHECKOUT / "gateway/store/lanes.py").read_text(), re.MULTILINE)[0])
    tables = "".join(_TABLE.format(step) for step in range(steps))
    return {
        "gateway/store/lanes.py": (f"VERSION = {version}", f"VERSION = {version + steps}"),
        "gateway/store/schema.py": ("\ndef bring_up_to_date(", f"{tables}\ndef bring_up_to_date("),
    }


def other_record(*revisions: str) -> Change:
    """A fleet service that keeps its record in a newer form, brought there by these revisions."""
    newest = max((CHECKOUT / "fleet/store/migrations/versions").glob("r*.py"))
    before = re.findall(r'^revision = "(\d+)"', newest.read_text(), re.MULTILINE)
    steps = zip(revisions, [*before, *revisions], strict=False)
    return {f"fleet/store/migrations/versions/r{name}.py": ("", _REVISION.format(name, down)) for name, down in steps}
