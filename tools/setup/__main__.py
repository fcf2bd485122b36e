"""`python3 -m tools.setup run|dev`: makes this checkout ready, on a fresh machine or an old one. Asks nothing.

Says what it installs and why before it does. Outside the checkout only apt's packages are added (machine.py).
"""

import sys

OLDEST, NEWEST = (3, 11), (3, 13)


def main(arguments: list[str]) -> str | None:
    """Why it failed, or None."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        return f"airgrid needs Python 3.11 to 3.13, this is {sys.version.split()[0]}; to name another: make setup PYTHON3=python3.13"
    # Only now: an older Python could not read them.
    from tools.setup.environment import LEVELS
    from tools.setup.errors import SetupError
    from tools.setup.steps import set_up

    if len(arguments) != 1 or arguments[0] not in LEVELS:
        return "usage: python3 -m tools.setup " + "|".join(LEVELS)
    try:
        set_up(arguments[0])
    except SetupError as error:
        return f"\nSet-up stopped.\n{error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
