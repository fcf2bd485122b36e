"""DistError: a bundle cannot be built; its text tells the person what to do. Pure."""


class DistError(Exception):
    pass
