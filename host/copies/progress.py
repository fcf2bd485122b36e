"""What those who copy tell of how far they are. Pure."""

from collections.abc import Callable

# (what is done, how much of it is done, how much there is)
Progress = Callable[[str, int, int], None]
