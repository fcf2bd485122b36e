"""SetupError: set-up cannot go on; its text tells the person what to do. Standard library only, like all of this package:
it runs before anything is installed. Pure."""


class SetupError(Exception):
    pass
