"""The installer of a bundle, run by the machine's own Python: standard library only."""

import sys
from pathlib import Path

from host.release.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path(__file__).resolve().parent))
