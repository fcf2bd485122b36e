"""`python -m tools.dist [SUITE=bookworm] [ARCH=x86_64]`: everything that people install, in build/dist. All suites and architectures unless
named."""

import platform
import sys

from tools.dist import bundle, wheel
from tools.dist.errors import DistError
from tools.dist.targets import chosen
from tools.setup.steps import CHECKOUT


def main(arguments: list[str]) -> str | None:
    """Why it failed, or None."""
    given = dict(word.split("=", 1) for word in arguments if "=" in word)
    unknown = [word for word in arguments if word.partition("=")[0] not in ("SUITE", "ARCH") or "=" not in word]
    if unknown:
        return f"{' '.join(unknown)}: the words are SUITE=… and ARCH=…"
    try:
        targets = chosen(given.get("SUITE", ""), given.get("ARCH", ""))
        own_suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
        made = wheel.build(CHECKOUT, CHECKOUT / "build" / "dist")
        print(made.relative_to(CHECKOUT), flush=True)
        for target in targets:
            folder = bundle.build(target, made, CHECKOUT, own_suite)
            archive = folder.with_name(f"{folder.name}.tar.gz")
            tested = "" if target.architecture.is_tested else "; resolved and checked by hashes, not run"
            print(f"{archive.relative_to(CHECKOUT)}: {archive.stat().st_size / 1e6:.0f} MB{tested}", flush=True)
    except DistError as error:
        return f"\nNo bundle was built.\n{error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
